import type { Metadata } from 'next';
import { listConnections } from '#lib/connections/connections.ts';
import { listDestinations } from '#lib/connections/destinations.ts';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { usedWords } from '#quality/suites.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { SuiteForm } from '../_parts/suite-form.tsx';

export const metadata: Metadata = { title: 'New suite' };

export default async function NewSuitePage() {
  const { context, workspaceId } = await pageContext();
  const [connections, destinations, words] = await Promise.all([
    listConnections(context, workspaceId),
    listDestinations(context, workspaceId),
    usedWords(context, workspaceId),
  ]);
  return (
    <SuiteForm
      suite={null}
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
