import { getConnector } from '#lib/connections/connectors.ts';
import { manifestSchema } from '#lib/connections/manifests.ts';
import { Page } from '../../../_components/shell/page.tsx';
import { toWire } from '../../../_components/wire.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { Builder } from '../_parts/builder.tsx';

export default async function ConnectorPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const connector = await orNotFound(getConnector(context, workspaceId, id));
  const manifest = connector.draft ?? connector.latest?.manifest ?? '';
  return (
    <Page crumbs={[{ name: 'Connectors', href: '/connectors' }, { name: connector.name }]} bare>
      <Builder
        key={connector.latest?.version ?? 0}
        connector={toWire(connector)}
        name={connector.name}
        manifest={manifest}
        schema={manifestSchema()}
      />
    </Page>
  );
}
