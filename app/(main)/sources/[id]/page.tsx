import Link from 'next/link';
import { getSource } from '#lib/connections/sources.ts';
import { ConfigForm } from '../../../_components/config-form.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { formConsent } from '../../../_server/form-consent.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';

export default async function SourcePage({
  params,
  searchParams,
}: {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ consent?: string }>;
}) {
  const page = await pageContext();
  const { context, workspaceId } = page;
  const { id } = await params;
  const source = await orNotFound(getSource(context, workspaceId, id));
  const { consent, left } = await formConsent(page, source.connector, (await searchParams).consent);
  return (
    <Page
      crumbs={[
        { name: 'Connectors', href: '/connectors' },
        { name: 'Sources', href: '/sources' },
        { name: source.name },
      ]}
    >
      <PageHead title={source.name}>
        Made from <Link href={`/connectors/${source.connector.id}`}>{source.connector.name}</Link>.
      </PageHead>
      <ConfigForm
        noun="source"
        spec={source.spec}
        initial={left ?? source}
        id={source.id}
        fixed={{ connectorId: source.connector.id }}
        consent={consent}
        then="/sources"
        usedBy={source.connections}
      />
    </Page>
  );
}
