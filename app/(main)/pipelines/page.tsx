import type { Metadata } from 'next';
import { listPipelines } from '#lib/pipelines/pipelines.ts';
import { toWire } from '../../_components/wire.ts';
import { pageContext } from '../../_server/page-context.ts';
import { PipelinesView } from './pipelines-view.tsx';

export const metadata: Metadata = { title: 'Pipelines' };

export default async function PipelinesPage() {
  const { context, workspaceId } = await pageContext();
  return <PipelinesView pipelines={toWire(await listPipelines(context, workspaceId))} />;
}
