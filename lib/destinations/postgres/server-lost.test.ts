import { expect, onTestFinished, test } from 'vitest';
import { type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import { type OwnPostgres, ownPostgres } from '#tests/harness/own-postgres.ts';
import type { TargetStream } from '../destination.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

// A server that ends in the middle of something, or another that takes over at the same address.

const ROWS = 2_000;
const rows = Array.from({ length: ROWS }, (_, index) => customer(index + 1));
/** Comes in the middle of the COPY. */
const LATE = `c${ROWS - 10}`;

async function warehouse() {
  const server = await ownPostgres();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const way = await faultProxy(server);
  onTestFinished(() => way.close());
  return { server, way };
}

/** One attempt of a sync, as the service makes it: what is published already is not loaded again. */
async function attempt(way: FaultProxy, fence: number, syncId: number, stream: TargetStream): Promise<void> {
  const url = `postgres://postgres:secret@127.0.0.1:${way.port}/postgres`;
  const destination = postgres.open(testContext(), configOf(url));
  try {
    const run = await destination.begin(attemptOf(fence, syncId));
    if ((await run.published(stream)).completed) return;
    const stage = await run.stage(stream);
    if (!stage.resumed) await load(stage, rows, { done: syncId });
    await stage.publish({ complete: true });
  } finally {
    await destination.close();
  }
}

const failing = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    ({ kind, code, hint }: { kind: string; code: string; hint?: string }) =>
      `${kind} ${code}${hint ? '' : ', no hint'}`,
  );

/** What was held back of the server that is gone comes no more, also where its end has not been heard of yet. */
function withoutAnswer(way: FaultProxy): void {
  way.down(true);
  way.mend();
  way.down(false);
}

async function contentOf(server: OwnPostgres) {
  const [found] = await server.query(`select (select count(*)::int from customers) as rows,
    (select count(distinct id)::int from customers) as ids,
    (select count(*)::int from _weir.stage) as stages,
    (select count(*)::int from pg_class where relnamespace = '_weir'::regnamespace and relkind = 'r'
      and relname not in ('fence', 'relation', 'stream', 'stage', 'quarantine', 'version')) as left`);
  return found;
}

const MOST_COMMITS = 9;
/** Of one sync into a table that is there: the stage's, the publish's. */
const COMMITS = 2;
const LOST = /^transient (?:connection_lost|server_shut_down)$/;

test.each([
  ['fast', 'stall'],
  ['immediate', 'stall'],
  ['immediate', 'stall after'],
] as const)('a server that stops (%s) in a COPY, a publish or a commit (%s), and comes again', async (how, held) => {
  const { server, way } = await warehouse();
  const stream = customers('append');
  await attempt(way, 1, 1, stream);
  let syncs = 1;
  const breaks = async (statement: string, nth: number): Promise<boolean> => {
    const syncId = ++syncs;
    const sprung = way.breakAt(statement, held, nth).then(() => true);
    const trying = failing(attempt(way, syncId * 2, syncId, stream));
    const isBroken = await Promise.race([sprung, trying.then(() => false)]);
    if (isBroken) {
      await server.stop(how);
      withoutAnswer(way);
      expect(await trying).toMatch(LOST);
      await server.start();
    }
    way.mend();
    await attempt(way, syncId * 2 + 1, syncId, stream);
    expect(await contentOf(server)).toEqual({ rows: syncId * ROWS, ids: ROWS, stages: 0, left: 0 });
    return isBroken;
  };
  expect(await breaks(LATE, 1)).toBe(true);
  expect(await breaks('insert into "public"."customers"', 1)).toBe(true);
  // Each commit of a sync in turn, until there is none left.
  let commits = 0;
  while (commits < MOST_COMMITS && (await breaks('commit\0', commits + 1))) commits++;
  expect(commits).toBeGreaterThan(1);
});

test.each(['stall', 'stall after'] as const)(
  'a standby that takes over in a publish (%s): what was published is there, what was not is loaded again',
  async (held) => {
    const { server, way } = await warehouse();
    const standby = await server.standby();
    onTestFinished(() => standby[Symbol.asyncDispose]());
    const stream = customers('append');
    await attempt(way, 1, 1, stream);
    // The last one of a sync is its publish.
    const sprung = way.breakAt('commit\0', held, COMMITS);
    const lost = failing(attempt(way, 2, 2, stream));
    await sprung;
    await server.stop('immediate');
    withoutAnswer(way);
    expect(await lost).toMatch(LOST);
    // The name leads there before anybody has promoted it.
    way.leadTo(standby);
    expect(await failing(attempt(way, 3, 2, stream))).toBe('transient standby');
    await standby.query('select pg_promote()');
    await attempt(way, 4, 2, stream);
    expect(await contentOf(standby)).toEqual({ rows: 2 * ROWS, ids: ROWS, stages: 0, left: 0 });
  },
);

test('a standby that a sync in the middle of reading is led to may be the primary at its next try', async () => {
  const { server, way } = await warehouse();
  const standby = await server.standby();
  onTestFinished(() => standby[Symbol.asyncDispose]());
  const stream = customers('append');
  const destination = postgres.open(
    testContext(),
    configOf(`postgres://postgres:secret@127.0.0.1:${way.port}/postgres`),
  );
  onTestFinished(() => destination.close());
  const run = await destination.begin(attemptOf(1, 1));
  const stage = await run.stage(stream);
  await server.stop('fast');
  way.leadTo(standby);
  expect(await failing(load(stage, rows, { done: 1 }))).toBe('transient standby');
  expect(await failing(run.stage(customers('append', { table: 'others' })))).toBe('transient standby');
});
