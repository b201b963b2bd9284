import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonValue } from '#lib/json.ts';
import type { Connection } from './connections.ts';
import { type SchemaChangeEntry, schemaChanges } from './schema-changes.ts';

const MOST_LISTED = 200;
/** What is shown elsewhere, or follows from the rest. */
const NOT_SETTINGS = ['id', 'nextDue', 'createdAt', 'updatedAt', 'pausedReason', 'source', 'destination', 'streams'];

/** Each field with what it was and what it is. */
export type Changes = Readonly<Record<string, readonly [before: JsonValue, after: JsonValue]>>;

/** Something that somebody did with a connection, or that its source changed, newest first. */
export type TimelineEntry =
  | {
      readonly kind: 'action';
      readonly at: Date;
      readonly actor: string;
      readonly action: string;
      readonly changes: Changes | null;
    }
  | ({ readonly kind: 'schema' } & Omit<SchemaChangeEntry, 'id'>);

/** What was done with the connection and what became of its streams. */
export async function connectionTimeline(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
): Promise<TimelineEntry[]> {
  const [actions, schemas] = await Promise.all([
    actionsOn(db, workspaceId, connectionId),
    schemaChanges({ db }, workspaceId, connectionId),
  ]);
  const entries: TimelineEntry[] = [
    ...actions.map((row) => ({ kind: 'action' as const, ...row })),
    ...schemas.map(({ id: _, ...row }) => ({ kind: 'schema' as const, ...row })),
  ];
  return entries.toSorted((a, b) => b.at.getTime() - a.at.getTime()).slice(0, MOST_LISTED);
}

async function actionsOn(db: Db, workspaceId: string, connectionId: string) {
  const { rows } = await sql<{ at: Date; actor: string; action: string; changes: Changes | null }>`
    select at, actor, action, detail -> 'changes' as changes from audit_entry
    where workspace_id = ${workspaceId} and action <> 'refused'
      and (subject = ${`connection:${connectionId}`} or subject like ${`connections/${connectionId}%`})
    order by id desc limit ${MOST_LISTED}`.execute(db);
  return rows;
}

/** What differs between a connection before and after; of its streams, by name, what differs in each. */
export function settingsChanged(before: Connection, after: Connection): Changes {
  const fields = Object.keys(after).filter((name) => !NOT_SETTINGS.includes(name)) as (keyof Connection)[];
  const settings = fields.map((name) => [name, before[name], after[name]] as const);
  const names = new Set([...before.streams, ...after.streams].map(({ stream }) => stream.name));
  const streams = [...names].map((name) => {
    const of = ({ streams: all }: Connection) => withoutSchema(all.find(({ stream }) => stream.name === name));
    return [`stream ${name}`, of(before), of(after)] as const;
  });
  return Object.fromEntries(
    [...settings, ...streams].flatMap(([name, was, is]) => {
      const [old, next] = [was ?? null, is ?? null].map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
      return JSON.stringify(old) === JSON.stringify(next) ? [] : [[name, [old ?? null, next ?? null]] as const];
    }),
  );
}

/** The schema is long, and what changes in it stands in the schema changes. */
function withoutSchema(configured: Connection['streams'][number] | undefined) {
  if (!configured) return null;
  const { stream: _, ...settings } = configured;
  return settings;
}
