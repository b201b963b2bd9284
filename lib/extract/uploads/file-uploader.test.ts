import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'weir-files-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

const MANIFEST = `${manifestOf({ articles: '' }).trimEnd()}
    file_uploader:
      requester: { url: "SERVER{{ download_target }}", error_handler: { type: DefaultErrorHandler, response_filters: [{ http_codes: [404], action: IGNORE }] } }
      download_target_extractor: { field_path: [content_url] }
      filename_extractor: "{{ record.id }}/{{ record.file_name }}/"
`;

const shop = (records: object[], given = {}, manifest = MANIFEST) =>
  scriptedSource(
    { '/articles': { body: { data: records } }, '/files/a': { body: Buffer.from([0, 1, 255]) }, '*': { status: 404 } },
    manifest,
    { given },
  );

const RECORD = { id: 1, file_name: 'a.bin', content_url: '/files/a' };

test('each record has its file below a folder for the stream, and stays as it is', async () => {
  const filesDir = await folder();
  const { read } = await shop([RECORD, { ...RECORD, id: 2, content_url: '/gone' }], { filesDir });
  const { records, events } = await read('articles');
  expect(records[0]).toEqual(RECORD);
  expect(events[0]).toMatchObject({
    files: [{ file: path.join(filesDir, 'articles/1/a.bin'), relative: 'articles/1/a.bin', bytes: 3 }, null],
  });
  expect([...(await readFile(path.join(filesDir, 'articles/1/a.bin')))]).toEqual([0, 1, 255]);
  expect(await readdir(path.join(filesDir, 'articles'))).toEqual(['1']);
});

test('without a folder the stream is refused, and a test of it downloads nothing', async () => {
  const { read, asked } = await shop([RECORD]);
  await expect(read('articles')).rejects.toMatchObject({
    code: 'no_files_dir',
    hint: expect.stringContaining('WEIR_FILES_DIR'),
  });
  expect((await read('articles', { limits: { maxPages: 1 } })).records).toHaveLength(1);
  expect(asked('/files/a')).toEqual([]);
});

test.each(['../../etc/passwd', '..\\x', '', '/', 'a'.repeat(2_000)])('%s is no name of a file', async (name) => {
  const { read } = await shop(
    [{ ...RECORD, name }],
    { filesDir: await folder() },
    MANIFEST.replace('{{ record.id }}/{{ record.file_name }}/', '{{ record.name }}'),
  );
  await expect(read('articles')).rejects.toMatchObject({ code: 'bad_file_name' });
});

test('a record without an address says so', async () => {
  const { read } = await shop([{ id: 1 }], { filesDir: await folder() });
  await expect(read('articles')).rejects.toMatchObject({ code: 'no_download_target' });
});

test('a name is made up where the manifest gives none', async () => {
  const filesDir = await folder();
  const { read } = await shop([RECORD], { filesDir }, MANIFEST.replace(/.*filename_extractor.*\n/, ''));
  await read('articles');
  expect(await readdir(path.join(filesDir, 'articles'))).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)]);
});
