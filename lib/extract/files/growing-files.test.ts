import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FormatOptions } from './file-options.ts';
import { context, read, request, testFolder } from './fixtures/reading.ts';
import { folderFiles } from './providers/folder.ts';
import { discoverFiles, readFiles } from './read-files.ts';
import { type StagedFile, stageFile } from './stage-file.ts';

const CSV: FormatOptions = { type: 'csv' };
const ROWS = 'id,text\n1,a\n2,b\n';

/** Stages a file as the attempt after one that saw it change, while somebody writes to it between two pieces that are copied. */
async function staged(content: string | Uint8Array, write: (file: string) => void, format = CSV): Promise<StagedFile> {
  const folder = testFolder({ rows: content });
  const provider = folderFiles([folder], folder, ['rows']);
  const [entry] = await provider.list();
  if (!entry) throw new Error('nothing is listed');
  const onBytes = () => write(path.join(folder, 'rows'));
  const file = await stageFile(provider, entry, null, { format, mayGrow: true }, { onBytes });
  if (!file) throw new Error('nothing was staged');
  onTestFinished(() => file.remove());
  const [later] = await provider.list();
  expect(later?.version).not.toBe(file.version);
  return file;
}

async function taken(content: string | Uint8Array, more: string, format = CSV): Promise<string> {
  const file = await staged(content, (name) => appendFileSync(name, more), format);
  return readFileSync(file.path, 'utf8');
}

describe('a file that somebody adds to', () => {
  test('is taken as it was when its copy began, and counts as another version than what it has become', async () => {
    const file = await staged(ROWS, (name) => appendFileSync(name, '3,late\n'));
    expect(readFileSync(file.path, 'utf8')).toBe(ROWS);
    expect(file).toMatchObject({ bytes: ROWS.length, notice: expect.stringContaining('rows is being added to') });
  });

  test.each([
    ['half a row', `${ROWS}3,la`, CSV, ROWS],
    ['a row without its end', `${ROWS}3,late`, CSV, ROWS],
    ['half a line end', `${ROWS}3,late\r`, CSV, ROWS],
    ['half a row in quotes', `${ROWS}3,"la`, CSV, ROWS],
    ['half a row after a quoted line break', `${ROWS}3,"two\nlines",b`, CSV, ROWS],
    ['half a header', 'id,te', CSV, ''],
    ['half a row of single quotes', "a;b\n'1';'x'\n'2';'y", { type: 'csv', quote: "'" }, "a;b\n'1';'x'\n"],
    ['half a row in Windows’ letters', Buffer.from('id,t\n1,é\n2,\u00e9', 'latin1'), CSV, 'id,t\n1,\ufffd\n'],
    ['half a line of JSON', '{"id":1}\n{"id":', { type: 'jsonl' }, '{"id":1}\n'],
    ['a first half line of JSON', '{"id":', { type: 'jsonl' }, ''],
  ] as const)('%s is left for later', async (_what, content, format, whole) => {
    expect(await taken(content, 'te\n', format)).toBe(whole);
  });

  test('is refused where a quote that nothing closes makes rows out of what may be text', async () => {
    const named = taken('\ufeff"two\nlines', '",b\n');
    await expect(named).rejects.toMatchObject({ code: 'file_changed' });
    await expect(taken(`${ROWS}3,"one\n4,x\n`, '5,y\n')).rejects.toMatchObject({
      code: 'file_changed',
      message: expect.stringContaining('its last row spans lines'),
    });
  });

  test('is refused where what had been written was changed, and where it can’t grow by rows', async () => {
    const changed = staged('x'.repeat(3_000_000), (name) => writeFileSync(name, 'y'.repeat(4_000_000)));
    await expect(changed).rejects.toMatchObject({ code: 'file_changed' });
    const shrunk = staged('x'.repeat(3_000_000), (name) => writeFileSync(name, 'x'));
    await expect(shrunk).rejects.toMatchObject({ code: 'file_changed' });
    await expect(taken(gzipSync(ROWS), 'more')).rejects.toMatchObject({ code: 'file_changed' });
    await expect(taken(Buffer.from(ROWS, 'utf16le'), 'more')).rejects.toMatchObject({
      code: 'file_changed',
      message: 'rows: changed while it was being read.',
    });
    await expect(taken('[{"id":1}]', 'more', { type: 'json' })).rejects.toMatchObject({ code: 'file_changed' });
  });

  test('is taken whole once another took its place, and when nobody writes any more', async () => {
    const whole = `${ROWS}3,c`;
    const replaced = await staged(whole, (name) => {
      writeFileSync(`${name}.new`, 'id,text\n9,z\n');
      renameSync(`${name}.new`, name);
    });
    expect(readFileSync(replaced.path, 'utf8')).toBe(whole);
    expect(replaced.notice).toBeUndefined();
    const folder = testFolder({ rows: whole });
    const options = { ...{ name: 'files', path: 'rows', format: CSV }, provider: { type: 'folder', folder } as const };
    const quiet = await read(context(0, [folder]), options, request('incremental', { filesGrow: true }));
    expect(quiet.records).toHaveLength(3);
    const again = request('incremental', { filesGrow: true, state: quiet.state });
    expect((await read(context(0, [folder]), options, again)).records).toEqual([]);
  });

  test('can be looked at though somebody adds to it all the time', async () => {
    const folder = testFolder({ rows: `id,text\n${`1,${'x'.repeat(1_000)}\n`.repeat(60_000)}` });
    const file = path.join(folder, 'rows');
    const writer = spawn(process.execPath, [
      '-e',
      `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(file)}, '2,late\\n'), 1); console.log('begun');`,
    ]);
    const ended = once(writer, 'exit');
    onTestFinished(async () => {
      writer.kill('SIGKILL');
      await ended;
    });
    await once(writer.stdout, 'data');
    const options = { ...{ name: 'files', path: 'rows', format: CSV }, provider: { type: 'folder', folder } as const };
    const given = context(0, [folder]);
    const schema = await discoverFiles(given, options);
    const tested = await read(given, options, request('full_refresh', { limits: { maxRecords: 2 } }));
    expect(Object.keys(schema.properties as object)).toEqual(['id', 'text']);
    expect(tested.records).toHaveLength(2);
  });

  test('goes whole from its copy, not from where it lies', async () => {
    const folder = testFolder({ rows: ROWS });
    const options = { ...{ name: 'files', path: 'rows', format: CSV }, provider: { type: 'folder', folder } as const };
    const seen: string[] = [];
    const asked = { ...request(), takesFiles: true, filesGrow: true };
    for await (const event of readFiles(context(0, [folder]), options, asked)) {
      seen.push(event.type);
      if (event.type !== 'file') continue;
      appendFileSync(path.join(folder, 'rows'), '3,late\n');
      await event.file.assertUnchanged?.();
      expect(readFileSync(event.file.path, 'utf8')).toBe(ROWS);
      event.taken();
    }
    expect(seen).toEqual(['to_come', 'file', 'slice_closed', 'slice_closed']);
  });
});
