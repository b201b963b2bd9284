import type { Metadata } from 'next';
import { listSuites } from '#quality/suites.ts';
import { toWire } from '../../_components/wire.ts';
import { pageContext } from '../../_server/page-context.ts';
import { SuitesView } from './_parts/suites-view.tsx';

export const metadata: Metadata = { title: 'Quality' };

export default async function QualityPage() {
  const { context, workspaceId } = await pageContext();
  return <SuitesView suites={toWire(await listSuites(context, workspaceId))} />;
}
