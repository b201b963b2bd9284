import { getIncident } from '#lib/alerts/incidents.ts';
import type { Context } from '#lib/context.ts';
import { expectMeasurements } from '#quality/look-back.ts';

/** What an incident's check measured while it was open was expected: its anomaly check learns that. */
export async function learnFrom(context: Context, workspaceId: string, id: number): Promise<void> {
  const { suiteId, checkKey, openedAt, resolvedAt } = await getIncident(context, workspaceId, id);
  if (!suiteId || !checkKey) return;
  const span = { suiteId, key: checkKey, from: openedAt, to: resolvedAt ?? context.clock() };
  await expectMeasurements(context, workspaceId, span);
}
