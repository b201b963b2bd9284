import Link from 'next/link';
import { destinationKinds } from '#lib/destinations/kinds.ts';
import { ConfigForm } from '../../../_components/config-form.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { pageContext } from '../../../_server/page-context.ts';

export const metadata = { title: 'New destination' };

const WORDS: Record<string, string> = {
  postgres: 'Typed tables, updated in one transaction with the state of the sync.',
  s3: 'Parquet, JSON lines or CSV in a bucket: S3, MinIO, R2, Ceph and others, by endpoint.',
};

/** First the kind, then its form: `?type=postgres`. */
export default async function NewDestinationPage({
  searchParams,
}: {
  searchParams: Promise<{ type?: string; then?: string }>;
}) {
  await pageContext();
  const { type, then } = await searchParams;
  const kind = destinationKinds.find((known) => known.type === type);
  const crumbs = [{ name: 'Destinations', href: '/destinations' }, { name: 'New destination' }];
  if (kind) {
    return (
      <Page crumbs={crumbs}>
        <PageHead title={`New ${kind.title} destination`}>Secrets are stored encrypted and never shown again.</PageHead>
        <ConfigForm
          noun="destination"
          spec={kind.spec}
          initial={{ name: kind.title, config: {} }}
          id={null}
          fixed={{ type: kind.type }}
          then={then?.startsWith('/connections/new') ? `${then}&destination=:id` : '/destinations'}
        />
      </Page>
    );
  }
  return (
    <Page crumbs={crumbs}>
      <PageHead title="New destination">Choose its kind.</PageHead>
      <ul className="starts">
        {destinationKinds.map((known) => (
          <li key={known.type}>
            <Link
              className="start"
              href={`/destinations/new?type=${known.type}${then ? `&then=${encodeURIComponent(then)}` : ''}`}
            >
              <b className="strong">{known.title}</b>
              <span className="muted">{WORDS[known.type]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
