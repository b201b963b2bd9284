import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import { TOO_LARGE_HINT, UPLOAD_BYTES } from './upload-limit.ts';

const NAME_LENGTH = 200;

/**
 * Stores a file below the data folder under a name of ours; what the file is called is kept in its row only, so
 * that no name can point elsewhere.
 */
export async function saveUpload(
  { db, env }: { db: Db; env: { dataDir: string } },
  workspaceId: string,
  name: string,
  body: ReadableStream<Uint8Array>,
): Promise<{ id: string; name: string; bytes: number }> {
  const id = randomUUID();
  const shown = path.basename(name.replaceAll('\\', '/')).slice(-NAME_LENGTH) || 'file';
  const file = path.join(env.dataDir, 'uploads', workspaceId, id);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    const bytes = await writeLimited(file, body);
    await db.insertInto('upload').values({ id, workspace_id: workspaceId, name: shown, bytes, path: file }).execute();
    return { id, name: shown, bytes };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function writeLimited(file: string, body: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  await pipeline(
    Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
    async function* limit(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.byteLength;
        if (bytes > UPLOAD_BYTES) throw tooLarge();
        yield chunk;
      }
    },
    createWriteStream(file, { flags: 'wx', mode: 0o600 }),
  );
  return bytes;
}

function tooLarge(): WeirError {
  const message = `A file takes at most ${UPLOAD_BYTES / 1e9} GB.`;
  return new WeirError({ kind: 'config', code: 'too_large', message, hint: TOO_LARGE_HINT });
}
