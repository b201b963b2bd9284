import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Middleware } from 's3rver';

/**
 * What s3rver lacks: uploads that have not ended are listed and given up, and take parts of other objects. Below `uploadsFolder` it keeps the parts of
 * each bucket.
 */
export function unfinishedUploads(directory: string, uploadsFolder: string): Middleware {
  return async (ctx, next) => {
    const [, bucket = ''] = ctx.path.split('/');
    const folder = path.join(uploadsFolder, bucket);
    const { prefix = '', uploadId, uploads, partNumber } = ctx.query;
    const source = ctx.headers['x-amz-copy-source'];
    if (ctx.method === 'GET' && uploads !== undefined) {
      ctx.type = 'application/xml';
      ctx.body = await listed(folder, prefix);
    } else if (ctx.method === 'DELETE' && uploadId !== undefined) {
      await rm(path.join(folder, path.basename(uploadId)), { recursive: true, force: true });
      ctx.status = 204;
    } else if (ctx.method === 'PUT' && uploadId !== undefined && source !== undefined) {
      const object = path.join(directory, `${decodeURIComponent(source)}._S3rver_object`);
      const part = path.join(folder, path.basename(uploadId), `${Number(partNumber)}`);
      ctx.type = 'application/xml';
      ctx.body = await partOf(object, ctx.headers['x-amz-copy-source-range'] ?? '', part);
    } else await next();
  };
}

async function listed(folder: string, prefix: string): Promise<string> {
  const ids = await readdir(folder).catch(() => []);
  const found = await Promise.all(ids.map(async (id) => ({ id, key: await keyOf(folder, id) })));
  const uploads = found
    .filter(({ key }) => key?.startsWith(prefix))
    .map(({ id, key }) => `<Upload><Key>${escaped(key ?? '')}</Key><UploadId>${id}</UploadId></Upload>`);
  return `<?xml version="1.0"?><ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`;
}

async function partOf(object: string, range: string, part: string): Promise<string> {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const bytes = (await readFile(object)).subarray(Number(from), Number(to) + 1);
  const md5 = createHash('md5').update(bytes).digest('hex');
  await writeFile(part, bytes);
  await writeFile(`${part}.md5`, md5);
  return `<?xml version="1.0"?><CopyPartResult><ETag>"${md5}"</ETag></CopyPartResult>`;
}

/** Null for one that ends at the moment. */
function keyOf(folder: string, id: string): Promise<string | null> {
  return readFile(path.join(folder, id, 'key'), 'utf8').catch(() => null);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
