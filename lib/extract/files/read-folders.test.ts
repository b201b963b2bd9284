import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import type { FileStreamOptions } from './file-options.ts';
import { context, read, request, testFolder } from './fixtures/reading.ts';
import { folderFiles } from './providers/folder.ts';
import { checkFiles, discoverFiles, readFiles } from './read-files.ts';

describe('folders', () => {
  const csv = (folder: string, pattern: string): FileStreamOptions => ({
    name: 'files',
    provider: { type: 'folder', folder },
    path: pattern,
    format: { type: 'csv' },
  });

  test('a glob gives one slice per file, by name', async () => {
    const folder = testFolder({ 'b/2.csv': 'id\n2\n', 'a/1.csv': 'id\n1\n', 'a/x.txt': 'no' });
    const { records, slices } = await read(context(0, [folder]), csv(folder, '*/*.csv'));
    expect(records).toEqual([{ id: 1 }, { id: 2 }]);
    expect(slices).toEqual(['a/1.csv', 'b/2.csv']);
  });

  test('incremental reads what is new or changed, by its content and not by its date', async () => {
    const folder = testFolder({ '1.csv': 'id\n1\n', '2.csv': 'id\n2\n' });
    const given = context(0, [folder]);
    const first = await read(given, csv(folder, '*.csv'), request('incremental'));
    expect(first.records).toHaveLength(2);
    const again = await read(given, csv(folder, '*.csv'), request('incremental', { state: first.state }));
    expect(again).toMatchObject({ records: [], state: first.state });
    execFileSync('cp', ['-p', path.join(folder, '1.csv'), path.join(folder, 'stamp')]);
    writeFileSync(path.join(folder, '1.csv'), 'id\n9\n');
    execFileSync('touch', ['-r', path.join(folder, 'stamp'), path.join(folder, '1.csv')]);
    const changed = await read(given, csv(folder, '*.csv'), request('incremental', { state: first.state }));
    expect(changed.records).toEqual([{ id: 9 }]);
  });

  test('a full refresh reads all, but goes on where an interrupted one had come to', async () => {
    const folder = testFolder({ '1.csv': 'id\n1\n', '2.csv': 'id\n2\n' });
    const given = context(0, [folder]);
    const full = await read(given, csv(folder, '*.csv'));
    expect(full.state).toMatchObject({ complete: true });
    expect(
      (await read(given, csv(folder, '*.csv'), request('full_refresh', { state: full.state }))).records,
    ).toHaveLength(2);
    const { '1.csv': version = '' } = (full.state?.files ?? {}) as Record<string, string>;
    const state = { complete: false, files: { '1.csv': version } };
    const rest = await read(given, csv(folder, '*.csv'), request('full_refresh', { state }));
    expect(rest.records).toEqual([{ id: 2 }]);
    expect(rest.state).toEqual(full.state);
  });

  describe('a file that goes whole', () => {
    const offered = async (folder: string, change: (file: string) => void) => {
      const asked = { ...request(), takesFiles: true };
      const seen: string[] = [];
      for await (const event of readFiles(context(0, [folder]), csv(folder, '*.csv'), asked)) {
        seen.push(event.type);
        if (event.type !== 'file') continue;
        change(path.join(folder, event.slice));
        seen.push(readFileSync(event.file.path, 'utf8'));
        await event.file.assertUnchanged?.();
        event.taken();
      }
      return seen;
    };

    test('is read where it lies, and stays itself when another takes its place', async () => {
      const folder = testFolder({ '1.csv': 'id,name\n1,a\n' });
      const seen = await offered(folder, (file) => {
        writeFileSync(`${file}.new`, 'id,name\n2,b\n');
        renameSync(`${file}.new`, file);
      });
      expect(seen).toEqual(['to_come', 'file', 'id,name\n1,a\n', 'slice_closed', 'slice_closed']);
    });

    test('is noticed to change', async () => {
      const folder = testFolder({ '1.csv': 'id,name\n1,a\n' });
      const stamp = statSync(path.join(folder, '1.csv'));
      const overwritten = offered(folder, (file) => {
        writeFileSync(file, 'id,name\n2,b\n');
        utimesSync(file, stamp.atime, stamp.mtime);
      });
      await expect(overwritten).rejects.toMatchObject({ kind: 'transient', code: 'file_changed' });
      await expect(offered(folder, (file) => appendFileSync(file, '3,c\n'))).rejects.toMatchObject({
        code: 'file_changed',
      });
    });

    test('comes in pages to those who do not take it', async () => {
      const folder = testFolder({ '1.csv': 'id,name\n1,a\n' });
      const events: string[] = [];
      for await (const { type } of readFiles(context(0, [folder]), csv(folder, '*.csv'), {
        ...request(),
        takesFiles: true,
      }))
        events.push(type);
      expect(events).toEqual(['to_come', 'file', 'to_come', 'page', 'slice_closed', 'slice_closed']);
    });

    test('packed, it is unpacked first', async () => {
      const folder = testFolder({ '1.csv': gzipSync('id,name\n1,a\n') });
      expect(await offered(folder, () => undefined)).toContain('id,name\n1,a\n');
    });

    test('in another encoding, it is turned into UTF-8 elsewhere', async () => {
      const folder = testFolder({ '1.csv': Buffer.from('id,name\n1,\u00e9\n', 'latin1') });
      expect(await offered(folder, () => undefined)).toContain('id,name\n1,\u00e9\n');
      expect(readdirSync(folder)).toEqual(['1.csv']);
    });
  });

  test('nothing outside of the allowed folders, no link that leads out, no pipe, no device', async () => {
    const folder = testFolder({ 'in/ok.csv': 'id\n1\n', 'secret.csv': 'id\n2\n' });
    symlinkSync('../secret.csv', path.join(folder, 'in/link.csv'));
    symlinkSync('..', path.join(folder, 'in/up'));
    execFileSync('mkfifo', [path.join(folder, 'in/pipe.csv')]);
    const inside = path.join(folder, 'in');
    const given = context(0, [inside]);
    for (const name of [
      '../secret.csv',
      'link.csv',
      'up/secret.csv',
      'pipe.csv',
      '/etc/passwd',
      '/dev/zero',
      '/proc/self/environ',
      '.',
    ])
      await expect(read(given, csv(inside, name))).rejects.toMatchObject({ kind: 'config', code: 'path_refused' });
    await expect(read(given, csv(folder, '*.csv'))).rejects.toMatchObject({ code: 'path_refused' });
    await expect(read(context(0, []), csv(inside, 'ok.csv'))).rejects.toMatchObject({ code: 'path_refused' });
    await expect(read(given, csv(inside, '%2e%2e/secret.csv'))).rejects.toMatchObject({ code: 'file_not_found' });
    expect((await read(given, csv(inside, 'ok.csv'))).records).toEqual([{ id: 1 }]);
  });

  test('thousands of files are listed with few of them open, and one that goes meanwhile is another attempt’s matter', async () => {
    const names = Array.from({ length: 1_500 }, (_, index) => `${String(index).padStart(4, '0')}.csv`);
    const folder = testFolder(Object.fromEntries(names.map((name) => [name, 'id\n1\n'])));
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    let most = 0;
    let isOver = false;
    const look = () => {
      most = Math.max(most, open());
      if (!isOver) setImmediate(look);
    };
    look();
    const provider = folderFiles([folder], folder, ['*.csv']);
    const entries = await provider.list();
    isOver = true;
    expect(entries.map(({ name }) => name)).toEqual(names);
    expect(most - before).toBeLessThan(100);
    unlinkSync(path.join(folder, '0001.csv'));
    const gone = entries[1] ?? { name: '', version: null, bytes: null };
    const failure = { kind: 'transient', code: 'file_changed', where: { file: '0001.csv' } };
    await expect(provider.fetch(gone, path.join(folder, 'copy'), null)).rejects.toMatchObject(failure);
    await expect(provider.open?.(gone)).rejects.toMatchObject(failure);
    symlinkSync('nowhere.csv', path.join(folder, '0001.csv'));
    await expect(provider.list()).rejects.toMatchObject(failure);
  });

  test('an upload that is not where the worker runs is told as that', async () => {
    const given = { ...context(0, []), uploadDir: testFolder({}) };
    const options = { ...csv('', 'a-file-id'), provider: { type: 'upload' } as const };
    await expect(read(given, options)).rejects.toMatchObject({
      code: 'file_not_found',
      hint: expect.stringContaining('shared with the web server'),
    });
  });

  test('an upload that is wrong is told by the name that it had', async () => {
    const uploadDir = testFolder({ 'a-file-id': 'id\n1,2\n' });
    const uploadName = async (id: string) => (id === 'a-file-id' ? 'orders $$ 1.csv' : null);
    const given = { ...context(0, []), uploadDir, uploadName };
    const options = { ...csv('', 'a-file-id'), provider: { type: 'upload' } as const };
    await expect(read(given, options)).rejects.toMatchObject({
      code: 'bad_row',
      message: expect.stringMatching(/^orders \$\$ 1\.csv: line 2/),
      where: { file: 'orders $$ 1.csv', line: 2 },
    });
  });

  test('the first file that holds something says what the rows look like', async () => {
    const folder = testFolder({ '1.csv': '', '2.csv': 'id\n7\n' });
    const schema = await discoverFiles(context(0, [folder]), csv(folder, '*.csv'));
    expect(schema.properties).toEqual({ id: { type: ['null', 'integer'] } });
  });

  test('a check says what was found, or what is wrong', async () => {
    const folder = testFolder({ 'a.csv': 'id,name\n1,x\n' });
    const given = context(0, [folder]);
    expect(await checkFiles(given, csv(folder, '*.csv'))).toEqual({
      ok: true,
      message: 'files: found files with 2 columns.',
    });
    expect(await checkFiles(given, csv(folder, '*.tsv'))).toMatchObject({
      ok: false,
      message: expect.stringContaining('*.tsv: there is no such file.'),
    });
  });
});

describe('https', () => {
  const start = async (script: Script) => {
    const server = await scriptedServer(script);
    onTestFinished(() => server.close());
    const options = (file: string): FileStreamOptions => ({
      name: 'files',
      provider: { type: 'https', base_url: server.url, headers: { 'x-key': 'k' } },
      path: file,
      format: { type: 'csv' },
    });
    return { server, options, given: context(server.port) };
  };

  test('a file with an ETag is asked for only once', async () => {
    const { server, options, given } = await start({
      '/a.csv': ({ headers }) =>
        headers['if-none-match'] === '"v1"' ? { status: 304 } : { body: 'id\n1\n', headers: { etag: '"v1"' } },
    });
    const first = await read(given, options('a.csv'), request('incremental'));
    expect(first.records).toEqual([{ id: 1 }]);
    expect(server.requests[0]?.headers['x-key']).toBe('k');
    const again = await read(given, options('a.csv'), request('incremental', { state: first.state }));
    expect(again.records).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  test('without an ETag the content decides', async () => {
    const { options, given } = await start({
      '/a.csv': [{ body: 'id\n1\n' }, { body: 'id\n1\n' }, { body: 'id\n2\n' }],
    });
    const first = await read(given, options('a.csv'), request('incremental'));
    const state = { state: first.state };
    expect((await read(given, options('a.csv'), request('incremental', state))).records).toEqual([]);
    expect((await read(given, options('a.csv'), request('incremental', state))).records).toEqual([{ id: 2 }]);
  });

  test('a file that breaks off gives no record; an address that is refused says so', async () => {
    const { options, given } = await start({
      '/a.csv': { body: 'id\n1\n2\n', cutAfter: 6 },
      '/b.csv': { status: 403 },
    });
    await expect(read(given, options('a.csv'))).rejects.toMatchObject({
      kind: 'transient',
      code: 'response_truncated',
    });
    await expect(read(given, options('b.csv'))).rejects.toMatchObject({ kind: 'config', code: 'unauthorized' });
    await expect(read(given, options('c.csv'))).rejects.toMatchObject({ kind: 'config', code: 'file_not_found' });
    await expect(read(context(), options('a.csv'))).rejects.toMatchObject({ code: 'address_refused' });
  });
});
