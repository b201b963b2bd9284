import type { Hono } from 'hono';
import { saveUpload } from '#lib/connections/uploads.ts';
import { as, created, type Door, type DoorEnv } from '../door.ts';
import { badRequest } from '../failures.ts';

const FORM_BYTES = 32_000_000;

/** Files that file sources read: the raw body with `?name=`, or one file of a form. */
export function uploadRoutes(app: Hono<DoorEnv>): void {
  app.post('/uploads', as('editor', 'upload.create'), async (c) => {
    const { name, body } = await fileOf(c);
    return created(c, 'upload', await saveUpload(c.get('context'), c.get('identity').workspaceId, name, body));
  });
}

async function fileOf(c: Door): Promise<{ name: string; body: ReadableStream<Uint8Array> }> {
  if (!c.req.header('content-type')?.startsWith('multipart/form-data')) {
    const name = c.req.query('name');
    if (!name || !c.req.raw.body) throw badRequest('Send the file as the body, and its name as ?name=.');
    return { name, body: c.req.raw.body };
  }
  // A form is held in memory; a raw body streams.
  const length = Number(c.req.header('content-length') ?? Number.POSITIVE_INFINITY);
  if (length > FORM_BYTES) throw badRequest('Send a file of this size as the raw body with ?name=.', 'too_large');
  const file = [...(await formOf(c)).values()].find((value) => value instanceof File);
  if (!file) throw badRequest('The form holds no file.');
  return { name: file.name, body: file.stream() };
}

async function formOf(c: Door): Promise<FormData> {
  try {
    return await c.req.raw.formData();
  } catch {
    throw badRequest('The form can’t be read.');
  }
}
