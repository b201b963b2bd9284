import type { Metadata } from 'next';
import Link from 'next/link';
import { Empty } from '../_components/notice.tsx';
import { Page, PageHead } from '../_components/shell/page.tsx';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <Page crumbs={[{ name: 'Not found' }]}>
      <PageHead title="Nothing is here" />
      <section className="panel">
        <Empty
          action={
            <Link className="btn" href="/">
              Open the overview
            </Link>
          }
        >
          It was deleted, or the address is not quite right.
        </Empty>
      </section>
    </Page>
  );
}
