import type { Metadata } from 'next';
import { listConnections } from '#lib/connections/connections.ts';
import { listDestinations } from '#lib/connections/destinations.ts';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { getSuite, usedWords } from '#quality/suites.ts';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { SuiteForm } from '../../_parts/suite-form.tsx';

export const metadata: Metadata = { title: 'Edit checks' };

export default async function EditSuitePage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const [suite, connections, destinations, words] = await Promise.all([
    orNotFound(getSuite(context, workspaceId, id)),
    listConnections(context, workspaceId),
    listDestinations(context, workspaceId),
    usedWords(context, workspaceId),
  ]);
  return (
    <SuiteForm
      suite={toWire(suite)}
      schema={suiteJsonSchema()}
      connections={connections.map(({ id, name, destination, streamNames }) => ({
        id,
        name,
        destinationId: destination.id,
        streams: streamNames,
      }))}
      destinations={destinations.map(({ id, name }) => ({ id, name }))}
      words={words}
    />
  );
}
