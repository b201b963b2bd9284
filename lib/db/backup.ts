import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WeirError } from '#lib/errors.ts';
import { type EmbeddedPlace, embeddedPlace, isEmbeddedRunning } from './embedded-postgres.ts';

const FACTS = 'weir-backup.json';
const FORMAT = 1;
/** So often a long backup or restore says that it goes on. */
const SAY_EVERY_MS = 5_000;
/** Of what tar says in vain. */
const MOST_SAID = 2_000;
/** What the data folder holds beside Postgres. The rest of it is made again. */
const KEPT = ['secret-key', 'secret-key.previous', 'uploads'];

interface BackupEnv {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly secretKey: string | null;
}

interface Facts {
  readonly format: number;
  /** The major version: another one can't read the files. */
  readonly postgres: string;
  readonly madeAt: string;
  readonly hasSecretKey: boolean;
}

interface BackupOptions {
  /** Ends it, with nothing left behind. */
  readonly signal?: AbortSignal;
  /** Takes a line for whoever waits. */
  readonly say?: (line: string) => void;
}

/**
 * Writes the embedded Postgres (as it lies on disk, the server being stopped), the uploads and the secret key into one
 * `.tar.gz` that its owner alone can read; says what it holds.
 */
export async function backUp(env: BackupEnv, file: string, options: BackupOptions = {}): Promise<string> {
  assertEmbedded(env, 'backup');
  const place = embeddedPlace(env.dataDir);
  if (!hasCluster(place))
    throw refused('nothing_to_back_up', `There is no Postgres of Weir's in ${place.folder}.`, 'Set WEIR_DATA_DIR.');
  assertStopped(place);
  if (existsSync(file))
    throw refused('file_exists', `${file} is there already.`, 'Name another file, or move it away.');
  const kept = KEPT.filter((name) => existsSync(path.join(env.dataDir, name)));
  const hasSecretKey = env.secretKey === null && kept.includes('secret-key');
  const postgres = readFileSync(path.join(place.data, 'PG_VERSION'), 'utf8').trim();
  const facts: Facts = { format: FORMAT, postgres, madeAt: new Date().toISOString(), hasSecretKey };
  const wanted = kept.filter((name) => !name.startsWith('secret-key') || hasSecretKey);
  await pack(file, place, { facts, dataDir: env.dataDir, kept: wanted }, options);
  const size = megabytes(statSync(file).size);
  const key = hasSecretKey
    ? 'It holds the secret key too: keep it as safe as the machine itself.'
    : 'The secret key is not in it: keep WEIR_SECRET_KEY, without which stored secrets are lost.';
  return `Backed up database and uploads to ${file} (${size}). ${key}`;
}

/** Puts a backup into a data folder that has no database yet; the next start goes on from there. */
export async function restore(env: BackupEnv, file: string): Promise<string> {
  assertEmbedded(env, 'restore');
  if (!existsSync(file)) throw refused('no_such_file', `There is no file ${file}.`, 'Name one that weir backup wrote.');
  const place = embeddedPlace(env.dataDir);
  if (hasCluster(place))
    throw refused(
      'not_empty',
      `${place.folder} has a database already.`,
      'Move the data folder away first, or set WEIR_DATA_DIR to a new one. Nothing was changed.',
    );
  const opened = mkdtempSync(path.join(place.folder, 'restoring-'));
  try {
    chmodSync(opened, 0o700);
    const facts = await unpack(file, opened, place);
    settle(opened, place, env.dataDir);
    const key = facts.hasSecretKey ? '' : ' Start it with the WEIR_SECRET_KEY that it had.';
    return `Restored the backup of ${facts.madeAt} to ${env.dataDir}.${key}`;
  } finally {
    rmSync(opened, { recursive: true, force: true });
  }
}

const hasCluster = ({ data }: EmbeddedPlace) => existsSync(path.join(data, 'PG_VERSION'));

function assertEmbedded({ databaseUrl }: BackupEnv, command: string): void {
  if (databaseUrl === null) return;
  throw refused(
    'not_embedded',
    `weir ${command} is for the Postgres that Weir brings, and DATABASE_URL names another.`,
    'Use pg_dump and pg_restore there, and keep WEIR_SECRET_KEY and the folder uploads.',
  );
}

function assertStopped(place: EmbeddedPlace): void {
  if (isEmbeddedRunning(place))
    throw refused(
      'still_running',
      'Weir is running.',
      'Stop it (Ctrl-C), so that its files hold still, and try again.',
    );
}

/** Written beside and renamed: a file with the name that was asked for is whole. */
async function pack(
  file: string,
  place: EmbeddedPlace,
  { facts, dataDir, kept }: { facts: Facts; dataDir: string; kept: string[] },
  { signal, say = () => undefined }: BackupOptions,
): Promise<void> {
  const notes = mkdtempSync(path.join(os.tmpdir(), 'weir-backup-'));
  removeLeftovers(file);
  const half = `${file}.partial-${process.pid}`;
  const packed = [place.data, ...kept.map((name) => path.join(dataDir, name))];
  const size = packed.reduce((sum, each) => sum + sizeOf(each), 0);
  say(`Packing ${megabytes(size)} of database and uploads; Weir has to stay stopped until it is done.`);
  const timer = setInterval(() => say(`${megabytes(sizeOf(half))} are written.`), SAY_EVERY_MS);
  try {
    writeFileSync(path.join(notes, FACTS), JSON.stringify(facts));
    writeFileSync(half, '', { mode: 0o600, flag: 'wx' });
    const parts = ['-C', notes, FACTS, '-C', dataDir, ...kept, '-C', place.folder, 'password', 'data'];
    await tar(['--create', '--gzip', '--exclude=data/postmaster.pid', '--file', half, ...parts], signal);
    assertStopped(place);
    renameSync(half, file);
  } finally {
    clearInterval(timer);
    rmSync(half, { force: true });
    rmSync(notes, { recursive: true, force: true });
  }
}

/** Of backups to the same name whose process was killed. */
function removeLeftovers(file: string): void {
  const begin = `${path.basename(file)}.partial-`;
  const folder = path.dirname(file);
  if (!existsSync(folder))
    throw refused('no_such_folder', `There is no folder ${folder}.`, 'Make it, or name another place.');
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(begin) || !/^\d+$/.test(name.slice(begin.length))) continue;
    const pid = Number(name.slice(begin.length));
    // In a container this process may have the number that the killed one had.
    if (pid === process.pid || !isRunning(pid)) rmSync(path.join(folder, name), { force: true });
  }
}

/** Whose it is does not matter. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function sizeOf(place: string): number {
  const stats = statSync(place, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  return readdirSync(place).reduce((sum, name) => sum + sizeOf(path.join(place, name)), 0);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

async function unpack(file: string, to: string, place: EmbeddedPlace): Promise<Facts> {
  await tar(['--extract', '--gzip', '--no-same-owner', '--file', file, '-C', to]);
  const noted = path.join(to, FACTS);
  const facts = existsSync(noted) ? (JSON.parse(readFileSync(noted, 'utf8')) as Facts) : null;
  if (facts?.format !== FORMAT)
    throw refused('no_backup', `${file} is no backup that this Weir knows.`, 'Name a file that weir backup wrote.');
  if (facts.postgres !== place.major)
    throw refused(
      'other_postgres',
      `The backup is of Postgres ${facts.postgres} and this Weir brings ${place.major}.`,
      'Restore it with the version of Weir that made it.',
    );
  return facts;
}

/** The database comes last: until it stands there, a restore can be tried again. */
function settle(opened: string, { folder, data, user }: EmbeddedPlace, dataDir: string): void {
  for (const name of KEPT.filter((each) => existsSync(path.join(opened, each))))
    cpSync(path.join(opened, name), path.join(dataDir, name), { recursive: true, force: true });
  const owned = [path.join(opened, 'password'), path.join(opened, 'data')];
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, ...owned]);
  mkdirSync(folder, { recursive: true });
  renameSync(path.join(opened, 'password'), path.join(folder, 'password'));
  rmSync(data, { recursive: true, force: true });
  renameSync(path.join(opened, 'data'), data);
}

/** Ends when tar has: what it was writing can be taken away then. */
async function tar(args: string[], signal?: AbortSignal): Promise<void> {
  const child = spawn('tar', args, { stdio: ['ignore', 'ignore', 'pipe'], ...(signal && { signal }) });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MOST_SAID);
  });
  let isMissing = false;
  child.on('error', ({ code }: NodeJS.ErrnoException) => {
    isMissing ||= code === 'ENOENT';
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  if (signal?.aborted) throw refused('stopped', 'It was stopped before it was done.', 'Nothing of it is left.');
  if (code === 0) return;
  if (isMissing) throw refused('no_tar', 'There is no tar on this machine.', 'Install it: apt install tar.');
  throw refused('tar_failed', `tar failed: ${said.trim() || code}`, 'Look at space and rights there.');
}

function refused(code: string, message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code, message, hint });
}
