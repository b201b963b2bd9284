import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect } from 'vitest';
import { zip } from '#lib/extract/files/fixtures/workbook.ts';
import { type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import { type TestStore, testStore } from '#tests/harness/s3-store.ts';
import { shownIn } from './bucket-parquet.ts';
import { fault } from './fault.ts';
import { type Connected, type Ended, openWorld, type World } from './world.ts';

// Files that are odd, broken, change or lead elsewhere. What a broken file held before stays, and once it is whole its rows are there.

const LINE_BYTES = 500_000_000;
const PIECE = 'x'.repeat(1_000_000);

let world: World;
let root: string;
beforeAll(async () => {
  root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-fault-files-')));
  world = await openWorld({ WEIR_FILE_ROOTS: root });
});
afterAll(async () => {
  await world?.close();
  rmSync(root, { recursive: true, force: true });
});

type Content = string | Uint8Array | Iterable<string>;

interface Loaded {
  readonly connection: Connected;
  /** Writes other content and syncs. */
  becomes(content: Content): Promise<Ended>;
  /** The same, and it fails for this reason; the rows stay. */
  fails(content: Content, message: RegExp): Promise<void>;
  rows<Row extends object = { id: string; text: string }>(columns?: string): Promise<Row[]>;
  readonly file: string;
}

let folders = 0;

/** A file that was loaded once, so that its stream is known. */
async function fileOf(name: string, content: string | Uint8Array, format: string, key = 'id'): Promise<Loaded> {
  const folder = path.join(root, String(++folders));
  mkdirSync(folder);
  const file = path.join(folder, name);
  writeFileSync(file, content);
  const connection = await connectTo(folder, name, format, key);
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  const becomes = async (next: Content) => {
    // Large ones in pieces, so that others go on meanwhile.
    await writeFile(file, next);
    return world.sync(connection);
  };
  const rows = async <Row extends object>(columns = 'id::text, text') =>
    (await world.query(`select ${columns} from public.${connection.prefix}rows order by id`)) as Row[];
  return {
    ...{ connection, becomes, rows, file },
    async fails(next, message) {
      const count = () => world.query(`select count(*)::int as rows from public.${connection.prefix}rows`);
      const before = await count();
      const ended = await becomes(next);
      expect(ended).toMatchObject({ status: 'failed', attempts: 1 });
      expect(ended.failure?.message).toMatch(message);
      expect(ended.failure?.message).toContain(name);
      expect(await count()).toEqual(before);
    },
  };
}

async function connectTo(folder: string, name: string, format: string, key = 'id'): Promise<Connected> {
  const api = await world.api({});
  const provider = `{ type: folder, folder: ${JSON.stringify(folder)} }`;
  return world.connect(manifestOfFile(name, format, provider, key), api);
}

function manifestOfFile(name: string, format: string, provider: string, key = 'id'): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [rows] }
streams:
  - type: FileStream
    name: rows
    primary_key: [${key}]
    provider: ${provider}
    path: ${JSON.stringify(name)}
    format: ${format}
`;
}

const START = 'id,text\n0,start\n';
const start = { id: '0', text: 'start' };

fault(
  50,
  async () => {
    const csv = await fileOf('odd.csv', START, '{ type: csv }');
    expect(await csv.becomes('\ufeffid,text\r\n1,"a ""b"", c\r\nd"\r\n2,plain\r\n')).toMatchObject({
      status: 'succeeded',
    });
    expect(await csv.rows()).toEqual([start, { id: '1', text: 'a "b", c\r\nd' }, { id: '2', text: 'plain' }]);
    expect(await csv.becomes('id,text\r3,cr\r4,"two\rlines"\r')).toMatchObject({ status: 'succeeded', failure: null });
    expect((await csv.rows()).slice(3)).toEqual([
      { id: '3', text: 'cr' },
      { id: '4', text: 'two\rlines' },
    ]);
    expect(await csv.becomes('id,text\n5,"x\u0000y"\n')).toMatchObject({ status: 'succeeded', failure: null });
    expect((await csv.rows()).slice(5)).toEqual([{ id: '5', text: 'x\ufffdy' }]);
    await csv.fails('id,text\n6,fine\n7,"never closed\n8,x\n', /line 3/);
  },
  { sample: true },
);

fault(51, async () => {
  const csv = await fileOf('ragged.csv', START, '{ type: csv }');
  await csv.fails('id,text\n1,a\n2,b,c\n', /line 3/);
  await csv.fails('id,text\n1,a\n2\n', /line 3/);
  expect(await csv.rows()).toEqual([start]);
  const skips = await fileOf('skips.csv', START, '{ type: csv, bad_rows: skip }');
  expect(await skips.becomes('id,text\n1,a\n2,b,c\n3,d\n')).toMatchObject({ status: 'succeeded', failure: null });
  expect(await skips.rows()).toEqual([start, { id: '1', text: 'a' }, { id: '3', text: 'd' }]);
  const names = await fileOf('names.csv', 'id,,text,TEXT,text\n1,2,3,4,5\n', '{ type: csv }');
  const [row] = await world.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) as row from public.${names.connection.prefix}rows t`,
  );
  const values = Object.entries(row?.row ?? {}).flatMap(([name, value]) =>
    name.startsWith('_airbyte') ? [] : [value],
  );
  expect(values.map(Number).sort()).toEqual([1, 2, 3, 4, 5]);
});

fault(52, async () => {
  const csv = await fileOf('long.csv', START, '{ type: csv }');
  expect(await csv.becomes('')).toMatchObject({ status: 'succeeded', failure: null });
  expect(await csv.becomes('id,text\n')).toMatchObject({ status: 'succeeded', failure: null });
  expect(await csv.rows()).toEqual([start]);
  await csv.fails(longLine('id,text\n1,', '\n'), /MB|long|limit|line/i);
  const lines = await fileOf('long.jsonl', '{"id": 0, "text": "start"}\n', '{ type: jsonl }');
  await lines.fails(longLine('{"id": 1, "text": "', '"}\n'), /line 1/);
});

/** A line of half a gigabyte, in pieces. */
function* longLine(start: string, end: string): Generator<string> {
  yield start;
  for (let bytes = 0; bytes < LINE_BYTES; bytes += PIECE.length) yield PIECE;
  yield end;
}

/** A line each millisecond: a process of its own comes to it however busy this one is. */
const APPENDS = `let id = 500000;
setInterval(() => require('node:fs').appendFileSync(process.argv[1], id++ + ',late\\n'), 1);
console.log('begun');`;

fault(53, async () => {
  const csv = await fileOf('growing.csv', START, '{ type: csv }');
  // So large that it is not copied in a moment.
  const lines = Array.from({ length: 12_000 }, (_, index) => `${index + 1},${'x'.repeat(10_000)}`).join('\n');
  writeFileSync(csv.file, `id,text\n${lines}\n`);
  // Somebody writes to it all the time; nothing of what is read meanwhile may count.
  const writer = spawn(process.execPath, ['-e', APPENDS, csv.file]);
  await once(writer.stdout, 'data');
  const syncId = await world.start(csv.connection);
  const failure = await world.attemptEnd(syncId);
  const written = () => readFileSync(csv.file, 'utf8').match(/,late\n/g)?.length ?? 0;
  const before = written();
  expect(failure?.message).toMatch(/growing.csv: changed while it was being read/);
  expect(await csv.rows()).toEqual([start]);
  // The next attempt takes what is there by then, and no part of a row.
  expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', failure: null, attempts: 2 });
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const found = async () => {
    const texts = `count(*) filter (where text = 'late')::int as late, count(*)::int as rows`;
    const [row] = await world.query<{ late: number; rows: number }>(
      `select ${texts} from public.${csv.connection.prefix}rows`,
    );
    return row ?? { late: 0, rows: 0 };
  };
  const { late, rows } = await found();
  expect(rows).toBe(1 + 12_000 + late);
  expect(late).toBeGreaterThanOrEqual(before);
  expect(late).toBeLessThan(written());
  // The file counts as what was read of it, so the next sync reads the rest.
  expect(await world.sync(csv.connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await found()).toEqual({ late: written(), rows: 1 + 12_000 + written() });

  // Of another server's file the tag decides, and what is shorter than announced is no file.
  const served = { body: 'id,text\n1,old\n', headers: { etag: '"1"' } };
  const api = await world.api({ '/rows.csv': served });
  const connection = await world.connect(
    manifestOfFile('rows.csv', '{ type: csv }', `{ type: https, base_url: "${api.url}" }`),
    api,
  );
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  api.on('/rows.csv', [
    { ...served, body: 'id,text\n1,n', contentLength: 500, headers: { etag: '"2"' }, close: 'silent' },
  ]);
  const cut = await world.sync(connection);
  expect(cut).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('broke off') } });
  api.on('/rows.csv', { body: 'id,text\n1,new\n', headers: { etag: '"3"' } });
  expect(await world.sync(connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await world.query(`select text from public.${connection.prefix}rows`)).toEqual([{ text: 'new' }]);
});

fault(54, async () => {
  const csv = await fileOf('same-time.csv', 'id,text\n1,old\n', '{ type: csv }');
  const { atime, mtime } = statSync(csv.file);
  writeFileSync(csv.file, 'id,text\n1,new\n');
  utimesSync(csv.file, atime, mtime);
  expect(await world.sync(csv.connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await csv.rows()).toEqual([{ id: '1', text: 'new' }]);
});

fault(55, async () => {
  const csv = await fileOf('packed.csv', START, '{ type: csv }');
  const members = Buffer.concat([gzipSync('id,text\n1,first\n'), gzipSync('2,second\n')]);
  expect(await csv.becomes(members)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await csv.rows()).toEqual([start, { id: '1', text: 'first' }, { id: '2', text: 'second' }]);
  await csv.fails(zip({ 'a.csv': START, 'b.csv': START }), /holds 2 files/);
  const outside = path.join(root, 'out.csv');
  expect(await csv.becomes(zip({ '../../out.csv': 'id,text\n3,inside\n' }))).toMatchObject({
    status: 'succeeded',
    failure: null,
  });
  expect(() => statSync(outside)).toThrow();
  await csv.fails(gzipSync(Buffer.alloc(100_000_000, 'a')), /unpack|times/i);
  await csv.fails(zip({ 'bomb.csv': Buffer.alloc(100_000_000, 'a') }), /unpack|times/i);
  const locked = zip({ 'locked.csv': START });
  // The flag of a password stands in the directory, 8 bytes after its signature.
  locked.writeUInt16LE(1, locked.indexOf(Buffer.from('PK\u0001\u0002')) + 8);
  await csv.fails(locked, /encrypted/);
  await csv.fails(gzipSync(START).subarray(0, -6), /gzip/);
});

fault(56, async () => {
  const whole = readFileSync('lib/demo/data/seattle-weather.parquet');
  const parquet = await fileOf('weather.parquet', whole, '{ type: parquet }', 'date');
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
  const broken = [
    changed((bytes) => bytes.write('NOPE', bytes.length - 4)),
    whole.subarray(0, whole.length - 100),
    changed((bytes) => bytes.writeUInt32LE(0x7fffffff, bytes.length - 8)),
    changed((bytes) => bytes.fill(0xff, footer, footer + 64)),
    changed((bytes) => bytes.fill(0, 4, footer)),
  ];
  for (const bytes of broken) await parquet.fails(bytes, /Parquet/i);
});

fault(57, async () => {
  const [first, second] = ['{"id": 1, "text": "a"}\n', '{"id": 2, "text": "b"}\n'];
  const lines = await fileOf('lines.jsonl', '{"id": 0, "text": "start"}\n', '{ type: jsonl }');
  // The row before is kept, and the file does not count as read: it is read again, though nothing of it has changed.
  for (const content of [first + second.slice(0, 10), first + second.slice(0, 10)]) {
    const ended = await lines.becomes(content);
    expect(ended).toMatchObject({ status: 'failed', attempts: 1 });
    expect(ended.failure?.message).toMatch(/lines.jsonl: line 2/);
    expect(await lines.rows()).toEqual([start, { id: '1', text: 'a' }]);
  }
  appendFileSync(lines.file, second.slice(10));
  expect(await world.sync(lines.connection)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await lines.rows()).toEqual([start, { id: '1', text: 'a' }, { id: '2', text: 'b' }]);
  // Where rows have no key, those before would come twice: they wait for the rest, which the next sync brings.
  const appended = await fileOf('added.jsonl', '{"id": 0, "text": "start"}\n', '{ type: jsonl }');
  await added(appended.connection);
  await appended.fails(first + second.slice(0, 10), /line 2/);
  expect(await appended.becomes(first + second)).toMatchObject({ status: 'succeeded', failure: null });
  expect(await appended.rows()).toEqual([start, { id: '1', text: 'a' }, { id: '2', text: 'b' }]);
});

/** Rows are added as they come, whatever their key. */
async function added({ id }: Connected): Promise<void> {
  const { streams } = await world.client.get<{ streams: object[] }>(`/connections/${id}`);
  await world.client.patch(`/connections/${id}`, {
    streams: streams.map((stream) => ({ ...stream, destinationSyncMode: 'append' })),
  });
}

fault(58, async () => {
  const folder = path.join(root, 'inside');
  mkdirSync(folder);
  const secret = path.join(realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-outside-'))), 'secret.csv');
  writeFileSync(secret, 'id,text\n1,secret\n');
  symlinkSync(secret, path.join(folder, 'link.csv'));
  execFileSync('mkfifo', [path.join(folder, 'pipe.csv')]);
  const ways = [path.relative(folder, secret), secret, 'link.csv', 'pipe.csv', '/proc/self/environ', '/dev/zero'];
  for (const way of ways) await expect(connectTo(folder, way, '{ type: csv }')).rejects.toThrow(/path_refused/);
  for (const way of [`%2e%2e/${path.basename(secret)}`, '..%2fsecret.csv'])
    await expect(connectTo(folder, way, '{ type: csv }')).rejects.toThrow(/path_refused|file_not_found/);
  await expect(connectTo('/proc/self', 'environ', '{ type: csv }')).rejects.toThrow(/path_refused/);
  rmSync(path.dirname(secret), { recursive: true });
});

/** Their file takes several parts, and DuckDB some time to write it. */
const LONG_ROWS = 600_000;
/** Of a request that sends a part, as the SDK spells it. */
const PARTS = ['partNumber=1&', 'partNumber=2&'];

fault(
  79,
  async () => {
    const store = await testStore();
    await using way = await faultProxy(store);
    try {
      const connection = await longRowsInto(way, store);
      const nothing = { files: 0, rows: 0, ids: 0 };
      let syncId = 0;
      // The process that writes is killed with a part on its way, then the whole worker with one that has arrived.
      for (const [index, part] of PARTS.entries()) {
        const sent = way.breakAt(part, index === 0 ? 'stall' : 'stall after');
        if (index === 0) syncId = await world.start(connection);
        await world.hurried(sent, { sync: syncId });
        expect(await shownIn(store)).toMatchObject({ ...nothing, uploads: 1 });
        const workers = index === 0 ? [] : await world.weir.workerPids();
        for (const pid of [...(await world.childPids()), ...workers]) process.kill(pid, 'SIGKILL');
        way.mend();
      }
      expect(await world.end(syncId)).toMatchObject({ status: 'succeeded', attempts: 3, failure: null });
      expect(await shownIn(store)).toMatchObject({ rows: LONG_ROWS, ids: LONG_ROWS, uploads: 0 });
    } finally {
      await store.close();
    }
  },
  { alone: true },
);

/** A file that goes up while it is written: names of random letters can't be packed well. */
async function longRowsInto(way: FaultProxy, store: TestStore): Promise<Connected> {
  const folder = path.join(root, String(++folders));
  mkdirSync(folder);
  const rows = Array.from({ length: LONG_ROWS }, (_, id) => `${id},${randomBytes(32).toString('base64url')}\n`);
  await writeFile(path.join(folder, 'long.csv'), ['id,text\n', ...rows].join(''));
  await world.client.post('/allowed-hosts', { host: way.host, port: way.port, reason: 'test' });
  const config = { ...store.config, s3_endpoint: `http://${way.host}:${way.port}`, s3_bucket_path: 'data' };
  const destination = await world.client.post<{ id: string }>('/destinations', {
    ...{ name: 'lake', type: 's3', config: { ...config, format: { format_type: 'Parquet' } } },
  });
  const provider = `{ type: folder, folder: ${JSON.stringify(folder)} }`;
  return world.connect(manifestOfFile('long.csv', '{ type: csv }', provider, ''), await world.api({}), {
    connection: { destinationId: destination.id },
  });
}
