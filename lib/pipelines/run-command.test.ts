import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { testDatabase } from '#tests/harness/database.ts';
import { cancelCommandRun, enqueueCommands, getCommandRun, listCommandRuns } from './command-runs.ts';
import { runResults } from './fixtures/run-results.ts';
import { type CommandFinished, runCommand } from './run-command.ts';

const SECRET = 'a-secret-of-the-operator';

/** A connection with these commands after its syncs; `run` does what is queued. */
async function service(commands: Record<string, object>) {
  const { db, query } = await testDatabase({ migrated: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-commands-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const commandsFile = path.join(folder, 'commands.yaml');
  writeFileSync(commandsFile, stringify({ commands }));
  const [ids] = await query<{ workspaceId: string; connectionId: string; syncId: number }>(
    `with w as (insert into workspace (name) values ('W') returning id),
       c as (insert into connector (workspace_id, name) select id, 'Shop' from w returning id),
       s as (insert into source (workspace_id, connector_id, name, config) select w.id, c.id, 'Shop', '{}' from w, c returning id),
       d as (insert into destination (workspace_id, type, name, config) select id, 'postgres', 'D', '{}' from w returning id),
       n as (insert into connection (workspace_id, name, source_id, destination_id) select w.id, 'ml_users', s.id, d.id from w, s, d returning id),
       y as (insert into syncs (workspace_id, connection_id, trigger, status) select w.id, n.id, 'manual', 'succeeded' from w, n returning id)
     select w.id as "workspaceId", n.id as "connectionId", y.id::int as "syncId" from w, n, y`,
  );
  if (!ids) throw new Error('nothing was seeded');
  for (const [position, command] of Object.keys(commands).entries())
    await query('insert into after_sync (connection_id, position, workspace_id, command) values ($1, $2, $3, $4)', [
      ...[ids.connectionId, position, ids.workspaceId, command],
    ]);
  const queued: number[] = [];
  const told: CommandFinished[] = [];
  const c = {
    ...{ db, clock: () => new Date(), env: { commandsFile } },
    queue: { send: async (_name: string, data: object) => void queued.push((data as { runId: number }).runId) },
  };
  const stop = new AbortController();
  const environment = { ...process.env, OPERATOR_TOKEN: SECRET, OTHER: 'not-for-them' };
  const options = {
    environment,
    signal: stop.signal,
    onFinished: async (_: unknown, end: CommandFinished) => void told.push(end),
  };
  return {
    ...ids,
    ...{ c, query, folder, told, stop, queued },
    start: () => db.transaction().execute((tx) => enqueueCommands(tx, c, ids)),
    run: async () => {
      for (let id = queued.shift(); id !== undefined; id = queued.shift()) await runCommand(c, id, options);
    },
    runs: async () => (await listCommandRuns(c, ids.workspaceId)).toReversed(),
  };
}

const node = (script: string) => [process.execPath, '-e', script];

describe('commands after a sync', () => {
  test('run one after the other, with few variables, and their logs are kept', async () => {
    const s = await service({
      first: {
        run: node('console.log(process.env.WEIR_CONNECTION, process.env.OTHER, process.env.OPERATOR_TOKEN)'),
        environment: ['OPERATOR_TOKEN'],
      },
      second: { run: node('console.error("to stderr")') },
    });
    await s.start();
    await s.run();
    const [first, second] = await s.runs();
    expect([first?.status, second?.status]).toEqual(['succeeded', 'succeeded']);
    expect((await getCommandRun(s.c, s.workspaceId, first?.id ?? 0)).log).toBe('ml_users undefined **********\n');
    expect((await getCommandRun(s.c, s.workspaceId, second?.id ?? 0)).log).toBe('to stderr\n');
    expect(s.told.map(({ command, failure }) => [command, failure])).toEqual([
      ['first', null],
      ['second', null],
    ]);
  });

  test('that fail are told with the end of their log, and what waits behind them is not run', async () => {
    const s = await service({
      first: { run: node('console.log("no such model"); process.exit(2)') },
      second: { run: ['true'] },
    });
    await s.start();
    await s.run();
    expect(await s.runs()).toMatchObject([{ status: 'failed', exitCode: 2 }, { status: 'skipped' }]);
    expect(s.told).toMatchObject([
      { failure: { code: 'command_failed', message: 'first ended with code 2.' }, logTail: 'no such model\n' },
    ]);
  });

  test('end at their time limit, with all that they started', async () => {
    // A shell begins long before its time is up, however slow the machine is.
    const s = await service({ slow: { run: ['sh', '-c', 'sleep 60 & echo $!; wait'], timeoutMinutes: 0.04 } });
    await s.start();
    await s.run();
    const [run] = await s.runs();
    expect(run).toMatchObject({ status: 'failed', failure: { code: 'command_timeout' } });
    const { log } = await getCommandRun(s.c, s.workspaceId, run?.id ?? 0);
    expect(Number(log.trim())).toBeGreaterThan(1);
    await expect.poll(() => isAlive(Number(log.trim())), { timeout: 10_000 }).toBe(false);
  });

  test('end when somebody cancels them, and nobody is told of a failure', async () => {
    const s = await service({ slow: { run: node('setInterval(() => {}, 1000)') }, next: { run: ['true'] } });
    await s.start();
    const [waiting] = await s.runs();
    await s.query('update command_run set cancel_requested_at = now() where id = $1', [waiting?.id]);
    await s.run();
    expect(await s.runs()).toMatchObject([{ status: 'cancelled' }, { status: 'skipped' }]);
    expect(s.told).toMatchObject([{ cancelled: true, failure: null }]);
    await s.start();
    const again = (await s.runs())[2];
    await cancelCommandRun(s.c, s.workspaceId, again?.id ?? 0, 'ada');
    expect((await s.runs()).slice(2)).toMatchObject([
      { status: 'cancelled', cancelledBy: 'ada' },
      { status: 'skipped' },
    ]);
  });

  test('are not run twice when their worker is lost', async () => {
    const s = await service({ once: { run: ['true'] } });
    await s.start();
    await s.query(`update command_run set status = 'running'`);
    await s.run();
    expect(await s.runs()).toMatchObject([{ status: 'failed', failure: { code: 'worker_lost' } }]);
  });

  test('that are not in the list any longer, or not on this machine, say so', async () => {
    const s = await service({ gone: { run: ['/nowhere/dbt'] } });
    await s.start();
    await s.run();
    writeFileSync(path.join(s.folder, 'commands.yaml'), 'commands: {}');
    await s.start();
    await s.run();
    expect((await s.runs()).map(({ failure }) => failure?.code)).toEqual(['command_not_started', 'unknown_command']);
  });

  test('of dbt bring its results along; results of an earlier run do not count', async () => {
    const write = `require('node:fs').writeFileSync('target/run_results.json', process.env.RESULTS)`;
    const s = await service({
      dbt: { run: node(write), dbtResults: 'target/run_results.json', environment: ['RESULTS'] },
      idle: { run: ['true'], dbtResults: 'target/run_results.json' },
    });
    mkdirSync(path.join(s.folder, 'target'));
    process.env.RESULTS = JSON.stringify(runResults({ failing: true }));
    onTestFinished(() => void delete process.env.RESULTS);
    const [first] = await runWith(s, process.env);
    expect(first).toMatchObject({ command: 'dbt', dbt: { modelsFailed: 1 } });
    expect(await s.query('select models_run, tests_failed from dbt_report')).toEqual([
      { models_run: 2, tests_failed: 1 },
    ]);
    expect(s.told[1]?.dbt ?? null).toBeNull();
  });
});

/** A process that has ended and that nobody asked about is still listed. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function runWith(s: Awaited<ReturnType<typeof service>>, environment: NodeJS.ProcessEnv) {
  await s.start();
  const onFinished = async (_: unknown, end: CommandFinished) => void s.told.push(end);
  for (let id = s.queued.shift(); id !== undefined; id = s.queued.shift())
    await runCommand(s.c, id, { environment, signal: s.stop.signal, onFinished });
  return s.told;
}
