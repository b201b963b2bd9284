import { manifestSchema } from '#lib/connections/manifests.ts';
import { demoBaseUrl } from '#lib/demo/base-url.ts';
import { Page } from '../../../_components/shell/page.tsx';
import { pageContext } from '../../../_server/page-context.ts';
import { Builder } from '../_parts/builder.tsx';
import { NewConnector } from '../_parts/new-connector.tsx';
import { TEMPLATES } from '../_parts/templates.ts';

export const metadata = { title: 'New connector' };

/** First what to start from, then the builder with it: `?from=api` is a template, `?from=empty` a page to paste a manifest into. */
export default async function NewConnectorPage({ searchParams }: { searchParams: Promise<{ from?: string }> }) {
  const { context } = await pageContext();
  const { from } = await searchParams;
  const template = TEMPLATES.find(({ id }) => id === from);
  if (!template && from !== 'empty') {
    const demo = { url: `${demoBaseUrl(context.env)}/api/earthquakes`, token: context.demoToken };
    return <NewConnector schema={manifestSchema()} demo={demo} />;
  }
  return (
    <Page crumbs={[{ name: 'Connectors', href: '/connectors' }, { name: 'New connector' }]} bare>
      <Builder connector={null} name="" manifest={template?.manifest ?? ''} schema={manifestSchema()} />
    </Page>
  );
}
