import type { Overview, OverviewRow } from '#lib/connections/overview.ts';
import { toWire, type Wire } from '../_components/wire.ts';

/** More rows than the table draws before somebody asks for all of them. */
const WHOLE_ROWS = 100;

/**
 * The overview as a page is first sent: charts only of the rows that are drawn at once, worst first. The others, whose names and
 * states filters and counts need, bring theirs with the first event.
 */
export function firstOverview(overview: Overview): Wire<Overview> {
  const connections = overview.connections.map((row, index) => (index < WHOLE_ROWS ? row : withoutCharts(row)));
  return toWire({ ...overview, connections });
}

function withoutCharts(row: OverviewRow): OverviewRow {
  return { ...row, recent: [], records: { ...row.records, series: [] } };
}
