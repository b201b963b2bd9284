import { getWorkspace } from '#lib/access/workspace.ts';
import { CONNECTION_DEFAULTS, listConnections } from '#lib/connections/connections.ts';
import { destinationKind, listDestinations } from '#lib/connections/destinations.ts';
import { listSources } from '#lib/connections/sources.ts';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { pageContext } from '../../../_server/page-context.ts';
import { ConnectionForm } from '../_form/connection-form.tsx';
import { landingOf } from '../_form/landing-of.ts';

export const metadata = { title: 'New connection' };

export default async function NewConnectionPage({
  searchParams,
}: {
  searchParams: Promise<{ source?: string; destination?: string }>;
}) {
  const { context, workspaceId } = await pageContext();
  const { source = '', destination = '' } = await searchParams;
  const [workspace, sources, destinations, others] = await Promise.all([
    getWorkspace(context, workspaceId),
    listSources(context, workspaceId),
    listDestinations(context, workspaceId),
    listConnections(context, workspaceId),
  ]);
  const only = <T extends { id: string }>(chosen: string, all: readonly T[]) =>
    chosen || (all.length === 1 ? (all[0]?.id ?? '') : '');
  return (
    <Page crumbs={[{ name: 'Connections', href: '/connections' }, { name: 'New connection' }]}>
      <PageHead title="New connection">Which streams of a source go to which destination, how, and when.</PageHead>
      <ConnectionForm
        id={null}
        sources={sources.map(({ id, name }) => ({ id, name }))}
        destinations={destinations.map(({ id, name, type }) => ({
          id,
          name,
          supportedModes: destinationKind(type).supportedModes,
        }))}
        timeZone={workspace.timeZone}
        tags={[]}
        others={others.map(landingOf)}
        initial={{
          ...{ name: '', sourceId: only(source, sources), destinationId: only(destination, destinations), streams: [] },
          ...CONNECTION_DEFAULTS,
        }}
      />
    </Page>
  );
}
