import Link from 'next/link';
import { manifestSchema } from '#lib/connections/manifests.ts';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { pageContext } from '../../../_server/page-context.ts';
import { Builder } from '../_parts/builder.tsx';
import { TEMPLATES } from '../_parts/templates.ts';

export const metadata = { title: 'New connector' };

/** First the choice of a template, then the builder with it: `?from=api`, or `?from=empty` to paste a manifest. */
export default async function NewConnectorPage({ searchParams }: { searchParams: Promise<{ from?: string }> }) {
  await pageContext();
  const { from } = await searchParams;
  const crumbs = [{ name: 'Connectors', href: '/connectors' }, { name: 'New connector' }];
  const template = TEMPLATES.find(({ id }) => id === from);
  if (template || from === 'empty') {
    return (
      <Page crumbs={crumbs} bare>
        <Builder connector={null} name="" manifest={template?.manifest ?? ''} schema={manifestSchema()} />
      </Page>
    );
  }
  return (
    <Page crumbs={crumbs}>
      <PageHead title="New connector">Start from the shape that is nearest, then change it in the editor.</PageHead>
      <ul className="starts">
        {TEMPLATES.map(({ id, title, description }) => (
          <li key={id}>
            <Link href={`/connectors/new?from=${id}`} className="start">
              <b className="strong">{title}</b>
              <span className="muted">{description}</span>
            </Link>
          </li>
        ))}
        <li>
          <Link href="/connectors/new?from=empty" className="start">
            <b className="strong">Paste a manifest</b>
            <span className="muted">An empty editor. Airbyte’s low-code manifests run as they are.</span>
          </Link>
        </li>
      </ul>
    </Page>
  );
}
