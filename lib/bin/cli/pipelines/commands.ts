import type { AirbyteAccess } from './airbyte-client.ts';
import { applySteps } from './apply.ts';
import { declaredConnectors, readDocuments } from './documents.ts';
import { writeDocuments } from './export.ts';
import { readAirbyte } from './import-airbyte.ts';
import { plan, type Step } from './plan.ts';
import { readRemote } from './remote.ts';
import { weirServer } from './server.ts';

interface ServerOptions {
  readonly folder: string;
  readonly url: string;
  readonly key: string;
}

/** What the exit code says: 2 is for scripts that look for drift. */
const EXIT = { ok: 0, differs: 2 } as const;
const SIGNS = { create: '+', update: '~', same: '=', extra: '?', delete: '-' } as const;

/** `apply`: makes the server as the folder says. With `dryRun` it only tells what it would do. */
export async function applyCommand({
  dryRun,
  prune,
  ...options
}: ServerOptions & { dryRun: boolean; prune: boolean }): Promise<number> {
  const documents = readDocuments(options.folder, process.env);
  const server = weirServer(options);
  const remotes = await readRemote(server);
  const steps = plan(documents, remotes, { prune });
  say(steps.map(lineOf));
  if (dryRun) return EXIT.ok;
  await applySteps(server, steps, remotes, ({ kind, name }, warnings) => say([`done: ${kind} ${name}`, ...warnings]));
  say([summaryOf(steps)]);
  return EXIT.ok;
}

/** `drift`: tells where server and folder differ; exits with 2 if they do. */
export async function driftCommand(options: ServerOptions): Promise<number> {
  const documents = readDocuments(options.folder, process.env, { unset: 'kept' });
  const steps = plan(documents, await readRemote(weirServer(options)), { prune: false });
  const differing = steps.filter(({ action }) => action !== 'same');
  say(differing.length === 0 ? ['Server and folder agree.'] : differing.map(lineOf));
  return differing.length === 0 ? EXIT.ok : EXIT.differs;
}

/** `export`: writes what is on the server into the folder. */
export async function exportCommand(options: ServerOptions): Promise<number> {
  const remotes = await readRemote(weirServer(options));
  const variables = writeDocuments(options.folder, remotes);
  say([`${remotes.length} documents are in ${options.folder}.`, ...variableLines(variables)]);
  return EXIT.ok;
}

/** `import airbyte`: writes what an Airbyte has into the folder, for `apply`. */
export async function importCommand(access: AirbyteAccess, folder: string): Promise<number> {
  const { things, waiting, notes } = await readAirbyte(access, declaredConnectors(folder));
  const variables = writeDocuments(folder, things, waiting);
  const more = waiting.length > 0 ? `, ${waiting.length} more wait (*.waiting)` : '';
  say([`${things.length} documents are in ${folder}${more}: look at them, then weir apply -f ${folder}.`, ...notes]);
  say(variableLines(variables));
  return EXIT.ok;
}

function lineOf({ action, kind, name, changes, hasSecrets }: Step): string {
  const what = action === 'extra' ? ' (only on the server)' : action === 'delete' ? ' (will be deleted)' : '';
  const secrets = hasSecrets && action !== 'extra' ? ' (secrets are sent again)' : '';
  return `${SIGNS[action]} ${kind} ${name}${what}${changes.length > 0 ? `: ${changes.join(', ')}` : ''}${secrets}`;
}

function summaryOf(steps: readonly Step[]): string {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length;
  return `${count('create')} made, ${count('update')} changed, ${count('same')} as they were, ${count('delete')} deleted.`;
}

function variableLines(variables: readonly string[]): string[] {
  if (variables.length === 0) return [];
  return [
    'Secrets are not exported. weir apply takes them from the environment:',
    ...variables.map((name) => `  ${name}`),
  ];
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
