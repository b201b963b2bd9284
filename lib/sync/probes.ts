import { randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Secrets } from '#lib/secrets.ts';

export interface ProbeEvent {
  readonly seq: number;
  readonly event: JsonObject;
}

const EVENTS_AT_ONCE = 500;

/** Asks a single question of a source or destination. The input holds open secrets and is sealed whole. */
export async function startProbe(
  { db, queue, secrets }: { db: Db; queue: Queue; secrets: Secrets },
  workspaceId: string,
  kind: ProbeKind,
  input: JsonObject,
  by: string,
): Promise<{ probeId: string }> {
  const probeId = randomUUID();
  const sealed = { sealed: secrets.seal(JSON.stringify(input), probeAad(probeId)) };
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('probe')
      .values({ id: probeId, workspace_id: workspaceId, kind, input: JSON.stringify(sealed), created_by: by })
      .execute();
    await queue.send('probe', { probeId }, { tx });
  });
  return { probeId };
}

/** What came after `afterSeq`. A probe that is over ends with `{ type: 'done' }`, also when its process was lost. */
export async function probeEvents(
  { db }: { db: Db },
  workspaceId: string,
  probeId: string,
  afterSeq = 0,
): Promise<ProbeEvent[]> {
  const probe = await findProbe(db, workspaceId, probeId);
  const events = await db
    .selectFrom('probe_event')
    .select(['seq', 'event'])
    .where('probe_id', '=', probeId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(EVENTS_AT_ONCE)
    .execute();
  const over = !['pending', 'running'].includes(probe.status);
  if (over && events.length === 0) return [{ seq: afterSeq + 1, event: { type: 'done' } }];
  return events;
}

/** Ends a probe; the worker sees to its process. One that is over stays as it is. */
export async function cancelProbe(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  probeId: string,
): Promise<void> {
  await findProbe(db, workspaceId, probeId);
  await endProbe(db, probeId, { status: 'cancelled', now: clock(), workspaceId });
}

async function findProbe(db: Db, workspaceId: string, probeId: string) {
  const probe = await db
    .selectFrom('probe')
    .select('status')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', probeId)
    .executeTakeFirst();
  if (probe) return probe;
  throw new WeirError({
    kind: 'config',
    code: 'not_found',
    message: 'There is no such test.',
    hint: 'Its events are kept for an hour.',
  });
}

export async function endProbe(
  db: Db,
  probeId: string,
  end: { status: 'succeeded' | 'failed' | 'cancelled'; now: Date; failure?: JsonObject; workspaceId?: string },
): Promise<void> {
  let query = db
    .updateTable('probe')
    .set({ status: end.status, finished_at: end.now, failure: end.failure ? JSON.stringify(end.failure) : null })
    .where('id', '=', probeId)
    .where('status', 'in', ['pending', 'running']);
  if (end.workspaceId) query = query.where('workspace_id', '=', end.workspaceId);
  await query.execute();
}

/** The last event of the probe so far; 0 before the first. */
export async function lastProbeEvent(db: Db, probeId: string): Promise<number> {
  const { last } = await db
    .selectFrom('probe_event')
    .select((row) => row.fn.coalesce(row.fn.max('seq'), row.lit(0)).as('last'))
    .where('probe_id', '=', probeId)
    .executeTakeFirstOrThrow();
  return last;
}

/** Binds a probe's input to its row. */
export function probeAad(probeId: string): string {
  return `probe:${probeId}`;
}
