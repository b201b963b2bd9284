import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apiListener } from '#lib/api/listen.ts';
import { createQueue } from '#lib/jobs/queue.ts';
import { createLog } from '#lib/log.ts';
import { testApi } from '#tests/harness/api.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { signedIn } from '#tests/harness/signed-in.ts';

const WEIR = path.join(import.meta.dirname, 'weir.mjs');
/** As `testApi` has it. */
const KEY = 'k'.repeat(43);
const PAGES = 20;
const PAGE_SIZE = 100;

/** `weir …` in a process of its own. */
function weir(args: string[], settings: Record<string, string>) {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-part-'));
  const { DATABASE_URL: _url, WEIR_SECRET_KEY: _key, ...rest } = process.env;
  const env = { ...rest, WEIR_LOG_LEVEL: 'silent', WEIR_DATA_DIR: dataDir, ...settings };
  const child = spawn(process.execPath, [WEIR, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve();
      child.stdout.on('data', look);
      void ended.then((code) => reject(new Error(`weir ended with ${code}: ${output}`)));
    });
  for (const stream of [child.stdout, child.stderr]) stream.prependListener('data', (chunk) => (output += chunk));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { child, ended, said, output: () => output };
}

test('a part says at once all that it needs', async () => {
  const { ended, output } = weir(['worker'], {});
  expect(await ended).toBe(1);
  expect(output()).toMatch(/^DATABASE_URL is not set: weir worker joins .*\nWEIR_SECRET_KEY is not set: .*\n$/);
});

test('weir migrate makes the tables, without which a worker does not start', async () => {
  const { url } = await testDatabase();
  const settings = { DATABASE_URL: url, WEIR_SECRET_KEY: KEY };
  const early = weir(['worker'], settings);
  expect(await early.ended).toBe(1);
  expect(early.output()).toMatch(/^The database misses 0001_first_light.*: run weir migrate once/);
  const migrate = () => weir(['migrate'], { DATABASE_URL: url });
  const first = migrate();
  expect([await first.ended, first.output()]).toEqual([0, expect.stringContaining('0001_first_light')]);
  const second = migrate();
  expect([await second.ended, second.output()]).toEqual([0, 'The database is up to date.\n']);
});

test('a worker renews the file that probes look at', async () => {
  const { url } = await testDatabase({ migrated: true });
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'weir-alive-')), 'alive');
  onTestFinished(() => rmSync(path.dirname(file), { recursive: true, force: true }));
  const worker = weir(['worker'], { DATABASE_URL: url, WEIR_SECRET_KEY: KEY, WEIR_ALIVE_FILE: file });
  await worker.said('The worker is ready');
  const renewed = watch(file);
  onTestFinished(() => renewed.close());
  await once(renewed, 'change');
});

test('two workers over one Postgres: one is killed, the other takes its sync over and every row comes once', async () => {
  const queue = (databaseUrl: string) => createQueue({ databaseUrl, log: createLog('test', 'silent') });
  const service = await testApi({}, { queue });
  const server = createServer(apiListener(service.api));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await service.context.queue.stop();
  });
  const settings = { DATABASE_URL: service.url, WEIR_SECRET_KEY: KEY };
  const workers = [weir(['worker'], settings), weir(['worker'], settings)];
  await Promise.all(workers.map(({ said }) => said('The worker is ready: it takes up to 4 syncs at once')));

  const { port } = server.address() as AddressInfo;
  const client = await signedIn({ url: `http://localhost:${port}`, databaseUrl: service.url });
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const api = await scriptedServer({ '*': ({ query }) => pageAnswer(Number(query.get('page') ?? 1), held) });
  onTestFinished(() => api.close());
  const connectionId = await client.connect(manifest(api.url), { host: api.host, port: api.port });
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  await api.waitForRequests(PAGES / 2);
  const [running] = await service.query<{ pid: number }>(
    `select pid from worker join attempt on attempt.worker = worker.id where sync_id = ${syncId}`,
  );
  const killed = workers.find(({ child }) => child.pid === running?.pid);
  expect(killed).toBeDefined();
  killed?.child.kill('SIGKILL');
  // With its children, which read on for as long as they have not noticed.
  await killed?.ended;
  letGo();
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });
  const rows = await service.query('select count(*) as rows, count(distinct id) as ids from public.events');
  expect(rows).toEqual([{ rows: String(PAGES * PAGE_SIZE), ids: String(PAGES * PAGE_SIZE) }]);

  const other = weir(['worker'], { ...settings, WEIR_SECRET_KEY: 'x'.repeat(43) });
  expect(await other.ended).toBe(1);
  expect(other.output()).toMatch(/^WEIR_SECRET_KEY is another than the one/);
  const alive = workers.find((one) => one !== killed)?.child as ChildProcess;
  alive.kill('SIGTERM');
  expect(await workers.find((one) => one !== killed)?.ended).toBe(0);
  expect(await service.query(`select id from worker where pid = ${alive.pid}`)).toEqual([]);
});

/** The page in the middle waits until the worker is dead. */
function pageAnswer(page: number, held: Promise<void>) {
  const ids = Array.from({ length: page > PAGES ? 0 : PAGE_SIZE }, (_, row) => (page - 1) * PAGE_SIZE + row);
  return { body: { data: ids.map((id) => ({ id })) }, ...(page === PAGES / 2 && { hold: held }) };
}

function manifest(url: string): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [events] }
streams:
  - type: DeclarativeStream
    name: events
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "${url}/events" }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: ${PAGE_SIZE}, start_from_page: 1, inject_on_first_request: true }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer } } }
`;
}
