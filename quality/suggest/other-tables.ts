import type { OutlinedCheck } from '../outline-checks.ts';
import { placeOf, type UnknownName } from './unknown-names.ts';

/** A connection with the tables that it loads, or is going to. */
export interface LoadingConnection {
  readonly id: string;
  readonly name: string;
  readonly destinationId: string;
  readonly tables: readonly {
    readonly stream: string;
    /** How suites may call it, the shortest first. */
    readonly names: readonly string[];
  }[];
}

const MOST_NAMED = 3;

/** Tables that another connection loads and the suite's does not: its checks would run after the wrong syncs. */
export function otherTables(
  text: string,
  checks: readonly OutlinedCheck[],
  connectionId: string | null,
  connections: readonly LoadingConnection[],
): UnknownName[] {
  const mine = connections.find(({ id }) => id === connectionId);
  if (!mine) return [];
  const lines = text.split('\n');
  const found = new Map<string, UnknownName>();
  for (const check of checks) {
    const other = tableOf(mine, check.table) ? null : otherOf(mine, check.table, connections);
    if (!other) continue;
    const at = placeOf(lines, check.table, check);
    const stream = tableOf(other, check.table)?.stream;
    const own =
      mine.tables.find((table) => table.stream === stream) ?? (mine.tables.length === 1 ? mine.tables[0] : null);
    const nearest = own?.names[0] ?? null;
    const message = `${check.table} is loaded by ${other.name}, not by this connection; ${ownText(mine, nearest)}`;
    found.set(`${at.line}:${at.column}`, { message, nearest, ...at });
  }
  return [...found.values()];
}

function tableOf({ tables }: LoadingConnection, name: string) {
  return tables.find(({ names }) => names.includes(name));
}

function otherOf(mine: LoadingConnection, table: string, connections: readonly LoadingConnection[]) {
  return connections.find((each) => each.destinationId === mine.destinationId && tableOf(each, table));
}

function ownText({ tables }: LoadingConnection, nearest: string | null): string {
  if (nearest !== null) return `its table is ${nearest}`;
  const names = tables.slice(0, MOST_NAMED).map((table) => table.names[0]);
  const more = tables.length - names.length;
  return `its tables are ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
