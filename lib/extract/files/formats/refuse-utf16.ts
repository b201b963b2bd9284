import { fileError } from '../file-errors.ts';
import { firstBytes } from '../first-bytes.ts';
import type { OpenFile } from './format.ts';

/** JSON begins with a sign that UTF-8 writes as one byte: a mark, or a zero beside it, tells of UTF-16. @throws WeirError `bad_encoding` */
export async function refuseUtf16({ name, path }: OpenFile): Promise<void> {
  const [first, second] = await firstBytes(path, 2);
  if (first === undefined || second === undefined) return;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (!hasMark && first !== 0 && second !== 0) return;
  const hint = 'JSON is read as UTF-8: have it written so, as with iconv -f utf-16 -t utf-8.';
  throw fileError('config', 'bad_encoding', { file: name }, 'is written in UTF-16.', hint);
}
