import Link from 'next/link';
import { getConnector, listConnectors } from '#lib/connections/connectors.ts';
import { listSources } from '#lib/connections/sources.ts';
import { ConfigForm } from '../../../_components/config-form.tsx';
import { freeName, plural } from '../../../_components/format.ts';
import { Empty, NoneYet } from '../../../_components/notice.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { formConsent } from '../../../_server/form-consent.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';

export const metadata = { title: 'New source' };

const CRUMBS = [
  { name: 'Connectors', href: '/connectors' },
  { name: 'Sources', href: '/sources' },
  { name: 'New source' },
];

/** First the choice of a connector, then the form of its spec: `?connector=<id>`. */
export default async function NewSourcePage({
  searchParams,
}: {
  searchParams: Promise<{ connector?: string; then?: string; consent?: string }>;
}) {
  const page = await pageContext();
  const { context, workspaceId } = page;
  const { connector: connectorId, then, consent: consentId } = await searchParams;
  if (connectorId === undefined) return <ChooseConnector then={then} />;
  const connector = await orNotFound(getConnector(context, workspaceId, connectorId));
  const sources = await listSources(context, workspaceId);
  const { consent, left } = await formConsent(page, connector, consentId);
  return (
    <Page crumbs={CRUMBS}>
      <PageHead title={`New source from ${connector.name}`}>
        What the connector asks for. Secrets are stored encrypted and never shown again.
      </PageHead>
      {connector.latest === null ? (
        <Empty
          action={
            <Link className="btn" href={`/connectors/${connector.id}`}>
              Open {connector.name}
            </Link>
          }
        >
          This connector has only a draft. Save a version of it first.
        </Empty>
      ) : (
        <ConfigForm
          noun="source"
          spec={connector.latest.spec}
          initial={left ?? { name: freeName(connector.name, sources), config: {} }}
          id={null}
          fixed={{ connectorId }}
          consent={consent}
          then={then === 'connection' ? '/connections/new?source=:id' : '/sources'}
        />
      )}
    </Page>
  );
}

async function ChooseConnector({ then }: { then: string | undefined }) {
  const { context, workspaceId } = await pageContext();
  const connectors = await listConnectors(context, workspaceId);
  return (
    <Page crumbs={CRUMBS}>
      <PageHead title="New source">Choose the connector that knows how to read it.</PageHead>
      {connectors.length === 0 ? (
        <NoneYet create="Create a connector" href="/connectors/new">
          No connectors yet. A connector says how to read an API or files.
        </NoneYet>
      ) : (
        <ul className="starts">
          {connectors.map((connector) => (
            <li key={connector.id}>
              <Link className="start" href={`/sources/new?connector=${connector.id}${then ? `&then=${then}` : ''}`}>
                <b className="strong">{connector.name}</b>
                <span className="muted">{plural(connector.streams.length, 'stream')}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
