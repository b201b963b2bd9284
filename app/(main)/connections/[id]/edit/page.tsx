import { getWorkspace } from '#lib/access/workspace.ts';
import { getConnection, listConnections } from '#lib/connections/connections.ts';
import { getConnector } from '#lib/connections/connectors.ts';
import { destinationKind } from '#lib/connections/destinations.ts';
import { tagNames } from '#lib/connections/tags.ts';
import { Page, PageHead } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionForm } from '../../_form/connection-form.tsx';
import { landingOf } from '../../_form/landing-of.ts';

export default async function EditConnectionPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const [workspace, connection] = await Promise.all([
    getWorkspace(context, workspaceId),
    orNotFound(getConnection(context, workspaceId, id)),
  ]);
  const [tags, others, { versions }] = await Promise.all([
    tagNames(context, workspaceId, id),
    listConnections(context, workspaceId),
    getConnector(context, workspaceId, connection.source.connectorId),
  ]);
  const {
    source,
    destination,
    name,
    schedule,
    namespaceDefinition,
    namespaceFormat,
    prefix,
    status,
    freshnessTargetMinutes,
    schemaChanges,
    badValues,
    quarantineLimit,
    owner,
    connectorVersion,
    memoryMb,
    cpuCores,
    streams,
  } = connection;
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name, href: `/connections/${id}` },
        { name: 'Settings' },
      ]}
    >
      <PageHead title={`Settings of ${name}`}>
        {source.name} → {destination.name}. What changes counts from the next sync on.
      </PageHead>
      <ConnectionForm
        id={id}
        sources={[{ id: source.id, name: source.name }]}
        destinations={[
          {
            id: destination.id,
            name: destination.name,
            supportedModes: destinationKind(destination.type).supportedModes,
          },
        ]}
        timeZone={workspace.timeZone}
        tags={tags}
        others={others.filter((other) => other.id !== id).map(landingOf)}
        versions={versions.map(({ version, note }) => ({ version, note }))}
        initial={toWire({
          name,
          schedule,
          namespaceDefinition,
          namespaceFormat,
          prefix,
          status,
          freshnessTargetMinutes,
          schemaChanges,
          badValues,
          quarantineLimit,
          owner,
          connectorVersion,
          memoryMb,
          cpuCores,
          streams,
          sourceId: source.id,
          destinationId: destination.id,
        })}
      />
    </Page>
  );
}
