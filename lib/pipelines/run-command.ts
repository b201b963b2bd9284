import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { Env } from '#lib/env.ts';
import { type Failure, toFailure } from '#lib/errors.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { maskText } from '#lib/secrets.ts';
import { skipBehind, startNext } from './command-runs.ts';
import { type Command, readCommands } from './commands.ts';
import { type DbtReport, readRunResults, saveDbtReport } from './dbt-results.ts';
import { type Ended, runProcess } from './run-process.ts';

interface RunContext {
  readonly db: Db;
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: () => Date;
  readonly env: Pick<Env, 'commandsFile'>;
}

/** How a command ended, for those who tell of it. */
export interface CommandFinished {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number | null;
  readonly runId: number;
  readonly command: string;
  /** Null when it succeeded, or was cancelled. */
  readonly failure: Failure | null;
  readonly cancelled: boolean;
  /** What dbt said, where the command is dbt. */
  readonly dbt: DbtReport | null;
  readonly logTail: string;
}

interface RunOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  /** Called in the transaction that ends the run. */
  readonly onFinished: (tx: Db, result: CommandFinished) => Promise<void>;
}

const LOG_CHARACTERS = 200_000;
const FLUSH_MS = 1_000;
const TAIL = 600;
const SECRET_LENGTH = 8;
const RESULTS_BYTES = 64_000_000;

type Run = NonNullable<Awaited<ReturnType<typeof takeRun>>>;

/** Runs one command that waits, keeps its log as it grows, and starts the next one of its sync when it succeeds. */
export async function runCommand(c: RunContext, runId: number, options: RunOptions): Promise<void> {
  const run = await takeRun(c, runId);
  if (!run) return;
  if (run.wasLost) return endRun(c, run, { failure: LOST, code: null, cancelled: false, dbt: null }, options);
  const found = findCommand(c, run.command);
  if ('failure' in found)
    return endRun(c, run, { failure: found.failure, code: null, cancelled: false, dbt: null }, options);
  const { ended, startedAt } = await follow(c, run, found.command, options);
  const dbt = await dbtOf(found.command, startedAt);
  const cancelled = ended.how === 'stopped' && ended.why === 'cancelled';
  const code = ended.how === 'exited' ? ended.code : null;
  await endRun(c, run, { failure: cancelled ? null : failureOf(ended, found.command), code, cancelled, dbt }, options);
}

/** Takes it to run; one that another worker ran and lost is not run twice, as nobody knows how far it came. */
async function takeRun({ db, clock }: RunContext, runId: number) {
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('command_run')
      .innerJoin('connection', 'connection.id', 'command_run.connection_id')
      .select(['command_run.id', 'command_run.workspace_id as workspaceId', 'connection_id as connectionId'])
      .select(['sync_id as syncId', 'command', 'command_run.status', 'connection.name as connectionName'])
      .where('command_run.id', '=', runId)
      .where('command_run.status', 'in', ['pending', 'running'])
      .forUpdate('command_run')
      .executeTakeFirst();
    if (!row) return null;
    await tx
      .updateTable('command_run')
      .set({ status: 'running', started_at: clock() })
      .where('id', '=', runId)
      .execute();
    return { ...row, wasLost: row.status === 'running' };
  });
}

function findCommand({ env }: RunContext, name: string): { command: Command } | { failure: Failure } {
  try {
    const command = readCommands(env).find((each) => each.name === name);
    return command ? { command } : { failure: unknownCommand(name) };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/** The process and its log: what it writes is saved each second, and each second somebody may have cancelled it. */
async function follow(
  { db, clock }: RunContext,
  run: Run,
  command: Command,
  { environment, signal }: RunOptions,
): Promise<{ ended: Ended; startedAt: Date }> {
  const startedAt = clock();
  const secrets = command.environment.flatMap((name) => environment[name] ?? []);
  const hidden = secrets.filter((value) => value.length >= SECRET_LENGTH);
  const cancel = new AbortController();
  let unsaved = '';
  const flush = async () => {
    const text = maskText(unsaved, hidden).replaceAll('\0', '\uFFFD');
    unsaved = '';
    const row = await db
      .updateTable('command_run')
      .set({ log: sql<string>`right(log || ${text}, ${LOG_CHARACTERS})` })
      .where('id', '=', run.id)
      .returning('cancel_requested_at as cancel')
      .executeTakeFirst();
    if (row?.cancel) cancel.abort('cancelled');
  };
  const timer = setInterval(() => void flush().catch(() => undefined), FLUSH_MS);
  const ended = await runProcess(command, {
    environment,
    variables: {
      WEIR_CONNECTION: run.connectionName,
      WEIR_CONNECTION_ID: run.connectionId,
      WEIR_SYNC_ID: String(run.syncId ?? ''),
    },
    onOutput: (text) => {
      unsaved = (unsaved + text).slice(-LOG_CHARACTERS);
    },
    signal: AbortSignal.any([signal, cancel.signal]),
  });
  clearInterval(timer);
  await flush();
  return { ended, startedAt };
}

interface End {
  readonly failure: Failure | null;
  readonly code: number | null;
  readonly cancelled: boolean;
  readonly dbt: DbtReport | null;
}

async function endRun(c: RunContext, run: Run, end: End, { onFinished }: RunOptions): Promise<void> {
  const { failure, code, cancelled, dbt } = end;
  const { id: runId, workspaceId, connectionId, syncId, command } = run;
  const succeeded = failure === null && !cancelled;
  await c.db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('command_run')
      .set({
        status: cancelled ? 'cancelled' : succeeded ? 'succeeded' : 'failed',
        finished_at: c.clock(),
        exit_code: code,
        failure: failure && JSON.stringify(failure),
      })
      .where('id', '=', runId)
      .where('status', '=', 'running')
      .returning(sql<string>`right(log, ${TAIL})`.as('tail'))
      .executeTakeFirst();
    if (!row) return;
    if (dbt) await saveDbtReport(tx, { workspaceId, connectionId, commandRunId: runId }, dbt);
    if (succeeded) await startNext(tx, c, { id: runId, syncId });
    else await skipBehind(tx, { id: runId, syncId }, c.clock());
    await onFinished(tx, {
      ...{ workspaceId, connectionId, syncId, runId, command, failure, cancelled, dbt, logTail: row.tail },
    });
  });
}

/** What dbt left, if it left it in this run. */
async function dbtOf({ folder, dbtResults }: Command, startedAt: Date): Promise<DbtReport | null> {
  if (dbtResults === null) return null;
  const file = path.resolve(folder, dbtResults);
  try {
    const { mtime, size } = await stat(file);
    if (mtime < startedAt || size > RESULTS_BYTES) return null;
    return readRunResults(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

function failureOf(ended: Ended, { name, timeoutMinutes, run }: Command): Failure | null {
  if (ended.how === 'not_started') {
    const hint = `Check that ${run[0]} is installed for the worker, and the folder of the command.`;
    return {
      kind: 'config',
      code: 'command_not_started',
      message: `${name} could not be started: ${ended.message}.`,
      hint,
    };
  }
  if (ended.how === 'stopped') return ended.why === 'shutdown' ? STOPPED : tooLong(name, timeoutMinutes);
  if (ended.code === 0) return null;
  const how = ended.signal ? `was ended by ${ended.signal}` : `ended with code ${ended.code}`;
  return { kind: 'terminal', code: 'command_failed', message: `${name} ${how}.`, hint: 'Its log says why.' };
}

function tooLong(name: string, minutes: number): Failure {
  const hint = 'The operator’s list sets its timeoutMinutes.';
  return { kind: 'terminal', code: 'command_timeout', message: `${name} did not end within ${minutes} minutes.`, hint };
}

function unknownCommand(name: string): Failure {
  const hint = 'Take it out of the connection, or ask the operator for it.';
  return {
    kind: 'config',
    code: 'unknown_command',
    message: `${name} is not in the operator’s list of commands.`,
    hint,
  };
}

const STOPPED: Failure = {
  kind: 'transient',
  code: 'worker_stopped',
  message: 'The worker was stopped while the command ran.',
  hint: 'The next sync runs it again.',
};

const LOST: Failure = {
  kind: 'transient',
  code: 'worker_lost',
  message: 'The worker that ran the command is gone.',
  hint: 'The command may have been done in part. The next sync runs it again.',
};
