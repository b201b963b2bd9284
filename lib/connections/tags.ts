import type { Db } from '#lib/db/connect.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { nameIssues, notFound, refuseIssues, withFreeName } from './refusals.ts';

export interface Tag {
  readonly id: string;
  readonly name: string;
  /** Six hexadecimal digits. */
  readonly color: string;
}

const COLOR = /^#?[0-9a-f]{6}$/i;
const MOST_TAGS = 10;
const USUAL_COLOR = '868D93';

export async function listTags({ db }: { db: Db }, workspaceId: string): Promise<Tag[]> {
  return selectTags(db, workspaceId).orderBy('name').execute();
}

export async function getTag({ db }: { db: Db }, workspaceId: string, id: string): Promise<Tag> {
  const tag = await selectTags(db, workspaceId).where('id', '=', id).executeTakeFirst();
  if (!tag) throw notFound('tag');
  return tag;
}

export async function createTag(
  { db }: { db: Db },
  workspaceId: string,
  input: { name: string; color: string },
): Promise<Tag> {
  refuseIssues('The tag was not made.', tagIssues(input));
  return withFreeName('tag', input.name, () =>
    db
      .insertInto('tag')
      .values({ workspace_id: workspaceId, name: input.name.trim(), color: plainColor(input.color) })
      .returning(['id', 'name', 'color'])
      .executeTakeFirstOrThrow(),
  );
}

export async function updateTag(
  { db }: { db: Db },
  workspaceId: string,
  id: string,
  change: { name?: string; color?: string },
): Promise<Tag> {
  const next = { ...(await getTag({ db }, workspaceId, id)), ...change };
  refuseIssues('The tag was not saved.', tagIssues(next));
  await withFreeName('tag', next.name, () =>
    db
      .updateTable('tag')
      .set({ name: next.name.trim(), color: plainColor(next.color) })
      .where('id', '=', id)
      .execute(),
  );
  return getTag({ db }, workspaceId, id);
}

export async function deleteTag({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  await getTag({ db }, workspaceId, id);
  await db.deleteFrom('tag').where('workspace_id', '=', workspaceId).where('id', '=', id).execute();
}

/** The connection has these tags, and no others. @throws WeirError `invalid_input` for one that is not there */
export async function setConnectionTags(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  tagIds: readonly string[],
): Promise<void> {
  const ids = [...new Set(tagIds)];
  if (ids.length > MOST_TAGS) throw tooMany();
  for (const id of ids) await getTag({ db }, workspaceId, id);
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('connection_tag').where('connection_id', '=', connectionId).execute();
    if (ids.length === 0) return;
    await tx
      .insertInto('connection_tag')
      .values(ids.map((tag_id) => ({ connection_id: connectionId, tag_id, workspace_id: workspaceId })))
      .execute();
  });
}

/** By name, in alphabetical order. */
export async function tagNames({ db }: { db: Db }, workspaceId: string, connectionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('connection_tag')
    .innerJoin('tag', 'tag.id', 'connection_tag.tag_id')
    .select('tag.name')
    .where('connection_tag.workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .orderBy('tag.name')
    .execute();
  return rows.map(({ name }) => name);
}

/** The connection has the tags of these names, and no others; those that are not there yet are made. */
export async function setTagNames(
  { db }: { db: Db },
  workspaceId: string,
  connectionId: string,
  names: readonly string[],
): Promise<void> {
  const wanted = [...new Set(names.map((name) => name.trim()).filter(Boolean))];
  if (wanted.length > MOST_TAGS) throw tooMany();
  const known = await listTags({ db }, workspaceId);
  const ids: string[] = [];
  for (const name of wanted) {
    const tag = known.find((each) => each.name === name);
    ids.push((tag ?? (await createTag({ db }, workspaceId, { name, color: USUAL_COLOR }))).id);
  }
  await setConnectionTags({ db }, workspaceId, connectionId, ids);
}

function selectTags(db: Db, workspaceId: string) {
  return db.selectFrom('tag').select(['id', 'name', 'color']).where('workspace_id', '=', workspaceId);
}

function tagIssues({ name, color }: { name: string; color: string }): Issue[] {
  return [
    ...nameIssues(name),
    ...(COLOR.test(color) ? [] : [{ path: 'color', message: 'Six hexadecimal digits, such as 2D7FF9.' }]),
  ];
}

function plainColor(color: string): string {
  return color.replace('#', '').toUpperCase();
}

function tooMany(): WeirError {
  const issues = [{ path: 'tags', message: `At most ${MOST_TAGS} tags.` }];
  return new WeirError({ kind: 'config', code: 'invalid_input', message: 'The tags were not saved.', issues });
}
