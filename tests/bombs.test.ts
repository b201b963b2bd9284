import { mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toFailure, WeirError } from '#lib/errors.ts';
import { zip } from '#lib/extract/files/fixtures/workbook.ts';
import { streamsOver } from '#lib/extract/fixtures/answering-client.ts';
import { scriptedSource } from '#lib/extract/fixtures/scripted-source.ts';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import type { Answer } from '#tests/harness/scripted-server.ts';

// What is small and becomes large, or takes for ever. It ends in an error with a name, soon and in little memory.

const MOST_CPU_S = 5;
const MOST_MB = 150;
const MB = 1024 * 1024;

let folder: string;
const file = (name: string, content: string | Uint8Array) => writeFileSync(path.join(folder, name), content);
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-bombs-')));
  file('bomb.csv.gz', await zeros(200));
  file('bomb.zip', zip({ 'a.csv': Buffer.alloc(200 * MB) }));
  file('deep.json', `${'['.repeat(400_000)}${']'.repeat(400_000)}`);
  file('long.jsonl', '');
  for (const name of ['long.csv', 'long.jsonl']) {
    const out = openSync(path.join(folder, name), 'w');
    writeSync(out, name.endsWith('csv') ? 'id,text\n1,' : '{"id": 1, "text": "');
    for (let mb = 0; mb < 200; mb++) writeSync(out, 'x'.repeat(MB));
    writeSync(out, name.endsWith('csv') ? '\n' : '"}\n');
  }
  const lies = Buffer.alloc(1_000, 0xff);
  for (const at of [0, 996]) lies.write('PAR1', at);
  lies.writeUInt32LE(900, 992);
  file('lies.parquet', lies);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** So many megabytes of nothing, packed. */
async function zeros(mb: number): Promise<Buffer> {
  const packed = createGzip();
  const all = buffer(packed);
  for (let left = mb; left > 0; left--) packed.write(Buffer.alloc(MB));
  packed.end();
  return all;
}

/** How it ends, and what it took: processor time, since other processes may have the processor too, and new memory at its most. */
async function measured(run: () => Promise<unknown>) {
  // Linux forgets the peak of before, so that what the test itself took does not hide it.
  writeFileSync('/proc/self/clear_refs', '5');
  const [cpu, before] = [process.cpuUsage(), statusMb('VmRSS')];
  const failure = await run().then(() => null, toFailure);
  const { user, system } = process.cpuUsage(cpu);
  const grownMb = statusMb('VmHWM') - before;
  return {
    code: failure?.code,
    kind: failure?.kind,
    isSoon: (user + system) / 1e6 < MOST_CPU_S,
    isSmall: grownMb < MOST_MB,
  };
}

function statusMb(name: 'VmRSS' | 'VmHWM'): number {
  const [, kb] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kb) / 1024;
}

async function endsIn(code: RegExp, run: () => Promise<unknown>, more = { isSmall: true }): Promise<void> {
  const end = await measured(run);
  expect(end).toMatchObject({ ...more, isSoon: true, code: expect.stringMatching(code) });
  expect(end.kind).not.toBe('bug');
}

const fileStream = (name: string, format: string) => `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [rows] }
streams:
  - { type: FileStream, name: rows, primary_key: [id], provider: { type: folder, folder: ${JSON.stringify(folder)} }, path: ${name}, format: ${format} }
`;

describe('a file', () => {
  test.each([
    ['bomb.csv.gz', '{ type: csv }', /file_too_large/],
    ['bomb.zip', '{ type: csv }', /file_too_large/],
    ['long.csv', '{ type: csv }', /bad_row|line_too_long|file_too_large|too_long/],
    ['long.jsonl', '{ type: jsonl }', /bad_row|line_too_long|too_long/],
    ['deep.json', '{ type: json }', /bad_row|file_broken/],
    ['lies.parquet', '{ type: parquet }', /file_broken/],
  ])('%s', async (name, format, code) => {
    const source = streamsOver(() => ({}), fileStream(name, format), { fileRoots: [folder] });
    await endsIn(code, () => source.read('rows'));
  });
});

const apiStream = (more: string) => `version: 6.0.0
check: { stream_names: [rows] }
streams:
  - name: rows
    retriever:
      requester: { url: SERVER/rows, error_handler: { type: DefaultErrorHandler, max_retries: 0 } }
      record_selector: { extractor: { field_path: [data] }${more} }`;

describe('an answer', () => {
  const read = async (answer: Answer, more = '') => {
    const api = await scriptedSource({ '/rows': answer }, apiStream(more));
    return api.read('rows');
  };

  test('that is packed', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
    const packed = [await zeros(200), gzipSync(await zeros(400))];
    for (const body of packed) await endsIn(/response_too_large|bad_encoding/, () => read({ body, headers }));
  });

  test('that nests without end', async () => {
    const body = `{"data": [${'{"a":'.repeat(400_000)}1${'}'.repeat(400_000)}]}`;
    // No failure: the record is read, and a destination takes no such value.
    expect(await measured(() => read({ body }))).toMatchObject({ code: undefined, isSoon: true, isSmall: true });
  });
});

describe('an expression', () => {
  const text = `${'a'.repeat(40)}!`;
  const rows = () => ({ data: [{ id: 1, text, list: Array.from({ length: 2_000 }, (_, index) => index) }] });
  const over = (selector: string) => {
    const yaml = apiStream(`, ${selector}`).replaceAll('SERVER', 'https://api.example.com');
    return streamsOver(rows, yaml).read('rows');
  };

  test.each([
    ['$f := function($x) { $f($x) + 1 }; $f(1) > 0'],
    ['$f := function($x) { $f($x) }; $f(1)'],
    ['$count([1..9999999]) > 0'],
    ['$sum([1..9000].($x := $; [1..9000].($ * $x))) > 0'],
    ['$contains(text, /^(a+)+$/)'],
    ['$count($split(text, /(a|aa)+$/)) > 0'],
    ['$length($pad(text, 99999999999)) > 0'],
  ])('of JSONata: %s', async (expression) => {
    const filter = JSON.stringify(`(${expression})`);
    const run = () => over(`record_filter: { type: JsonataFilter, expression: ${filter} }`);
    // What an endless call leaves behind is thrown away when the process needs the room.
    await endsIn(/^expression_/, run, {} as { isSmall: boolean });
  });

  test.each([
    ["{{ record['text'] | regex_search('^(a+)+$') }}"],
    ["{{ record['text'] | regex_search('^(a|aa)+$') }}"],
    ["{{ ('a' * 100000000) | length > 0 }}"],
    ['{{ ([0] * 100000000) | length > 0 }}'],
  ])('of a template: %s', async (template) => {
    await endsIn(/^template_/, () =>
      over(`record_filter: { type: RecordFilter, condition: ${JSON.stringify(template)} }`),
    );
  });
});

test('a manifest whose aliases and references multiply', async () => {
  const names = 'abcdefghij'.split('');
  const tenTimes = (item: string) => `[${Array(10).fill(item).join(', ')}]`;
  const aliases = names.map((name, at) => `${name}: &${name} ${tenTimes(at === 0 ? 'x' : `*${names[at - 1]}`)}`);
  const references = names.map(
    (name, at) => `  ${name}: ${tenTimes(at === 0 ? 'x' : `"#/definitions/${names[at - 1]}"`)}`,
  );
  const manifests = [
    `${apiStream('')}\n${aliases.join('\n')}\n`,
    `${apiStream('')}\ndefinitions:\n${references.join('\n')}\nmetadata: { all: "#/definitions/j" }\n`,
    `${apiStream('')}\nx: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`,
  ];
  for (const yaml of manifests)
    await endsIn(/too_large|too_deep|yaml/, async () => {
      const [issue] = parseManifest(yaml, language).issues.filter(({ severity }) => severity === 'error');
      if (issue) throw new WeirError({ kind: 'config', code: issue.code ?? '', message: issue.message });
    });
});
