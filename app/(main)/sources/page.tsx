import Link from 'next/link';
import { listSources } from '#lib/connections/sources.ts';
import { Icon } from '../../_components/icon.tsx';
import { NoneYet } from '../../_components/notice.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';
import { ConnectorTabs } from '../connectors/_parts/connector-tabs.tsx';
import { SourcesList } from './sources-list.tsx';

export const metadata = { title: 'Sources' };

export default async function SourcesPage() {
  const { context, workspaceId } = await pageContext();
  const sources = await listSources(context, workspaceId);
  const create = (
    <Link className="btn primary" href="/sources/new">
      <Icon name="plus" />
      New source
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Connectors', href: '/connectors' }, { name: 'Sources' }]}>
      <PageHead title="Sources" actions={create}>
        A source is a connector with its settings: the address, the token, the start date.
      </PageHead>
      <ConnectorTabs current="sources" />
      {sources.length > 0 ? (
        <SourcesList sources={sources} />
      ) : (
        <NoneYet create="Create a source" href="/sources/new">
          No sources yet. Fill in the settings of a connector to make one.
        </NoneYet>
      )}
    </Page>
  );
}
