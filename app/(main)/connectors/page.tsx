import Link from 'next/link';
import { listConnectors } from '#lib/connections/connectors.ts';
import { Icon } from '../../_components/icon.tsx';
import { NoneYet } from '../../_components/notice.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';
import { ConnectorTabs } from './_parts/connector-tabs.tsx';
import { ConnectorsList } from './connectors-list.tsx';

export const metadata = { title: 'Connectors' };

export default async function ConnectorsPage() {
  const { context, workspaceId } = await pageContext();
  const connectors = await listConnectors(context, workspaceId);
  const create = (
    <Link className="btn primary" href="/connectors/new">
      <Icon name="plus" />
      New connector
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Connectors' }]}>
      <PageHead title="Connectors" actions={create}>
        A connector says in YAML how to read an API or files. Sources are made from it.
      </PageHead>
      <ConnectorTabs current="connectors" />
      {connectors.length > 0 ? (
        <ConnectorsList connectors={connectors} />
      ) : (
        <NoneYet create="Create a connector" href="/connectors/new">
          No connectors yet. Install one of ours, start from an API, or paste an Airbyte manifest.
        </NoneYet>
      )}
    </Page>
  );
}
