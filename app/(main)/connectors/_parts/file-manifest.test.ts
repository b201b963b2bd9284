import { expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { fileManifest, formatOfName, streamOfName } from './file-manifest.ts';
import { TEMPLATES } from './templates.ts';

test.each([
  ['https://example.com/a/Customers 2026.csv?v=1', 'csv', 'Customers_2026'],
  ['rows.JSONL.gz', 'jsonl', 'rows'],
  ['sheet.xlsx', 'excel', 'sheet'],
  ['data.tsv.zip', 'tsv', 'data'],
  ['https://example.com/export/', 'csv', 'rows'],
  ['x.parquet', 'parquet', 'x'],
])('%s is read as %s into the stream %s', (name, format, stream) => {
  expect(formatOfName(name)).toBe(format);
  expect(streamOfName(name)).toBe(stream);
});

test('the manifest of a file has no problems', () => {
  const text = fileManifest({ name: 'orders.csv', provider: 'upload', path: '7f1c' });
  expect(parseManifest(text, language).issues).toEqual([]);
  expect(text).toContain('provider: { type: upload }\n    path: "7f1c"');
});

test('nor has any template', () => {
  for (const { id, manifest } of TEMPLATES) expect([id, parseManifest(manifest, language).issues]).toEqual([id, []]);
});
