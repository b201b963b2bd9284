import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Extractor, FileUploader, Requester } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';

/** Of a path below the folder, in bytes; file systems take 255 for each part. */
const LONGEST_NAME = 1_000;

export const fileUploader = defineKind<FileUploader>({
  name: 'FileUploader',
  family: 'file_uploader',
  docs: 'Downloads a file for each record into the folder that the operator names in WEIR_FILES_DIR.',
  example:
    'type: FileUploader\nrequester: { type: HttpRequester, url: "{{ download_target }}" }\ndownload_target_extractor: { type: DpathExtractor, field_path: [content_url] }\nfilename_extractor: "{{ record.id }}/{{ record.file_name }}"\n',
  fields: {
    requester: component('Sends the request.', 'requester', { required: true, defaultType: 'HttpRequester' }),
    download_target_extractor: component('Where the address is in the record.', 'extractor', {
      required: true,
      defaultType: 'DpathExtractor',
    }),
    file_extractor: component('Not used, as in the CDK: the whole answer is the file.', 'extractor', {
      defaultType: 'DpathExtractor',
    }),
    filename_extractor: template('Path of the file below a folder for the stream; a random name when absent.', [
      'record',
    ]),
  },
  create(uploader, build) {
    const requester = build.create<Requester>(uploader.requester);
    const extractor = build.create<Extractor>(uploader.download_target_extractor);
    const nameOf = (record: JsonObject) =>
      uploader.filename_extractor
        ? interpolateText(String(uploader.filename_extractor), scopeOf(build, uploader, { record }))
        : randomUUID();
    return {
      async upload(context, record, stream) {
        const root = filesDir(context, stream);
        const target = targetIn(await extractor.extract(record), stream);
        const slice = { partition: {}, cursor: {}, extra: { download_target: target } };
        const answer = await requester.send(context, { slice, stream, parts: [], token: null, page: 1 });
        if (answer === null) return null;
        const relative = path.join(folderOf(stream), inside(nameOf(record), stream));
        const file = path.join(root, relative);
        await write(file, answer.raw);
        return { file, relative, bytes: answer.raw.byteLength };
      },
    };
  },
});

function filesDir({ filesDir: folder }: ExtractContext, stream: string): string {
  if (folder) return folder;
  throw new WeirError({
    kind: 'config',
    code: 'no_files_dir',
    message: `${stream} downloads files, and this service has no folder for them.`,
    hint: 'Whoever runs the service can name one in WEIR_FILES_DIR.',
    where: { stream },
  });
}

function targetIn([target]: readonly JsonValue[], stream: string): string {
  if (typeof target === 'string' && target !== '') return target;
  throw new WeirError({
    kind: 'config',
    code: 'no_download_target',
    message: 'A record has no address of its file where download_target_extractor looks.',
    hint: 'Correct its field_path, or filter such records out.',
    where: { stream },
  });
}

/** What an API calls a file must not lead out of the folder of its stream. */
function inside(name: string, stream: string): string {
  const parts = name.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  const isBad = parts.includes('..') || name.includes('\0') || Buffer.byteLength(name) > LONGEST_NAME;
  if (parts.length > 0 && !isBad) return path.join(...parts);
  throw new WeirError({
    kind: 'config',
    code: 'bad_file_name',
    message: `A file would be called ${JSON.stringify(name.slice(0, 200))}, which is no path below the folder of the stream.`,
    hint: 'Correct filename_extractor.',
    where: { stream },
  });
}

function folderOf(stream: string): string {
  const plain = stream.replace(/[/\\\0]/g, '_');
  return plain === '.' || plain === '..' ? `_${plain}` : plain;
}

/** Whole or not at all. */
async function write(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
