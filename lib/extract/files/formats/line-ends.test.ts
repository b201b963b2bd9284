import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testFolder } from '../fixtures/reading.ts';
import { withOneLineEnd } from './line-ends.ts';

const signs = { delimiter: ',', quote: '"', escape: '"' };

test('every line ends alike; what stands in quotes, and a file that was so before, stays as it is', async () => {
  const field = fc.constantFrom('x', '', 'a "b', '"q"', '"a\r\nb"', '"a\nb"', '"a\rb"', '"say ""hi"""', '"\r"', '""');
  const row = fc.tuple(field, field, fc.constantFrom('\n', '\r\n', '\r'));
  const file = path.join(testFolder(), 'data');
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      const content = rows.map(([a, b, end]) => `k,${a},${b}${end}`).join('');
      writeFileSync(file, content);
      const found = await withOneLineEnd({ name: 'data', path: file, beside: file }, signs);
      const isEven = new Set(rows.map(([, , end]) => end)).size === 1;
      const even = rows.map(([a, b]) => `k,${a},${b}\n`).join('');
      expect(readFileSync(found.path, 'utf8')).toBe(isEven ? content : even);
    }),
  );
});
