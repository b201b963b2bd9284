import Link from 'next/link';
import { Notice } from '../../../_components/notice.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { pageContext } from '../../../_server/page-context.ts';

export const metadata = { title: 'Not connected' };

const REASONS: Readonly<Record<string, string>> = {
  role: 'Signing in at a provider takes the role editor. An administrator can change roles under Settings.',
  'signed-out': 'Nobody was signed in here when the provider sent the browser back. Begin again from the form.',
  state:
    'What the provider sent back was used already, is older than a quarter of an hour, or was begun in another browser. Begin again from the form.',
};

/** Where a provider's answer leads that belongs to no form. */
export default async function NotConnectedPage({ searchParams }: { searchParams: Promise<{ why?: string }> }) {
  await pageContext();
  const { why = '' } = await searchParams;
  return (
    <Page
      crumbs={[
        { name: 'Connectors', href: '/connectors' },
        { name: 'Sources', href: '/sources' },
        { name: 'Not connected' },
      ]}
    >
      <PageHead title="Not connected">Nothing was stored.</PageHead>
      <Notice state="fail" title="The sign-in at the provider can't be finished here">
        {REASONS[why] ?? REASONS.state}{' '}
        <Link className="link" href="/sources">
          Open the sources
        </Link>
      </Notice>
    </Page>
  );
}
