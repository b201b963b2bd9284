import type { Metadata } from 'next';
import { listIncidents } from '#lib/alerts/incidents.ts';
import { schemaHistory } from '#lib/connections/schema-history.ts';
import { getSync } from '#lib/sync/syncs.ts';
import { checkHistory, getSuite, suiteResults } from '#quality/suites.ts';
import { toWire } from '../../../_components/wire.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { SuiteView } from '../_parts/suite-view.tsx';

const SHOWN_INCIDENTS = 10;
const SHOWN_SCHEMAS = 10;

export const metadata: Metadata = { title: 'Checks' };

export default async function SuitePage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const suite = await orNotFound(getSuite(context, workspaceId, id));
  const { run, held, results } = await suiteResults(context, workspaceId, id);
  const histories = await Promise.all(results.map(({ key }) => checkHistory(context, workspaceId, id, key)));
  const incidents = await listIncidents(context, workspaceId, {
    of: { suiteId: id, connectionId: suite.connectionId },
    limit: SHOWN_INCIDENTS,
  });
  const schemas = suite.connectionId === null ? [] : await schemaHistory(context, workspaceId, suite.connectionId);
  const sync = held === null ? null : await getSync(context, workspaceId, held);
  return (
    <SuiteView
      suite={toWire(suite)}
      run={toWire(run)}
      held={toWire(sync)}
      results={toWire(results)}
      histories={toWire(histories)}
      incidents={toWire(incidents)}
      schemas={toWire(schemas.filter(({ isFirst }) => !isFirst).slice(0, SHOWN_SCHEMAS))}
    />
  );
}
