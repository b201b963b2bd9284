import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';

export interface AuditEvent {
  readonly workspaceId: string | null;
  /** Who: an address or the name of an API key; `anonymous` when nobody was signed in. */
  readonly actor: string;
  /** What: `source.create`, `sign_in.refused`. */
  readonly action: string;
  /** On what: `source:<id>`. */
  readonly subject: string;
  readonly detail?: JsonObject;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: JsonObject;
}

const PAGE = 200;
const TEXT_LIMIT = 400;

/** Appends to the audit log. There is no function that changes or deletes an entry. */
export async function audit({ db }: { db: Db }, event: AuditEvent): Promise<void> {
  await db
    .insertInto('audit_entry')
    .values({
      workspace_id: event.workspaceId,
      actor: oneLine(event.actor),
      action: event.action,
      subject: oneLine(event.subject),
      detail: JSON.stringify(event.detail ?? {}),
    })
    .execute();
}

/** The newest entries first; `before` continues below an id. */
export async function listAudit(
  { db }: { db: Db },
  workspaceId: string,
  { before }: { before?: number } = {},
): Promise<AuditEntry[]> {
  return db
    .selectFrom('audit_entry')
    .select(['id', 'at', 'actor', 'action', 'subject', 'detail'])
    .where('workspace_id', '=', workspaceId)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(PAGE)
    .execute();
}

/** No line break of a name can pass for another entry when the log is printed. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being removed
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').slice(0, TEXT_LIMIT);
}

/** Who came in, and who tried to, in the log of each of their workspaces; a stranger's try goes to the installation's first. */
export async function auditSignIn(
  { db }: { db: Db },
  { email, ok, address }: { email: string; ok: boolean; address: string },
): Promise<void> {
  const actor = email.trim().toLowerCase();
  const theirs = await db
    .selectFrom('membership')
    .innerJoin('user', 'user.id', 'membership.user_id')
    .select('membership.workspace_id as id')
    .where('user.email', '=', actor)
    .execute();
  const first = () => db.selectFrom('workspace').select('id').orderBy('created_at').limit(1).execute();
  const action = ok ? 'sign_in' : 'sign_in.refused';
  for (const { id } of theirs.length > 0 ? theirs : await first())
    await audit({ db }, { workspaceId: id, actor, action, subject: 'session', detail: { from: address } });
}

const EXPORT_LIMIT = 100_000;

/** The newest entries as CSV (RFC 4180), oldest of them last; no cell can start a formula in a spreadsheet. */
export async function auditCsv({ db }: { db: Db }, workspaceId: string): Promise<string> {
  const rows = await db
    .selectFrom('audit_entry')
    .select(['id', 'at', 'actor', 'action', 'subject', 'detail'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(EXPORT_LIMIT)
    .execute();
  const lines = rows.map(({ id, at, actor, action, subject, detail }) =>
    [String(id), at.toISOString(), actor, action, subject, JSON.stringify(detail)].map(cell).join(','),
  );
  return ['id,at,actor,action,subject,detail', ...lines, ''].join('\r\n');
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
