import { expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { fileManifest, filePlace, formatOfName, streamOfName, uploadPlace } from './file-manifest.ts';
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
  const text = fileManifest(uploadPlace('7f1c', 'orders.csv'));
  expect(parseManifest(text, language).issues).toEqual([]);
  expect(text).toContain('provider: { type: upload }\n    path: "7f1c"');
});

test.each([
  ['https://example.com/a.jsonl?x=1', 'a', 'jsonl', '{ type: https }', 'https://example.com/a.jsonl?x=1'],
  [' s3://lake/orders/2026-*/*.parquet ', 'orders', 'parquet', 'bucket: "lake"', 'orders/2026-*/*.parquet'],
  ['s3://lake/orders/*.csv', 'orders', 'csv', 'bucket: "lake"', 'orders/*.csv'],
  ['s3://lake/v1.orders/*.parquet', 'v1', 'parquet', 'bucket: "lake"', 'v1.orders/*.parquet'],
  ['/data/v2.orders/2026-*.jsonl.gz', 'v2', 'jsonl', '{ type: folder, folder: "/data/v2.orders" }', '2026-*.jsonl.gz'],
  ['s3://lake/orders/', 'orders', 'csv', 'bucket: "lake"', 'orders/*'],
  ['s3://lake', 'lake', 'csv', 'bucket: "lake"', '*'],
  ['/data/in/orders-*.tsv.gz', 'orders', 'tsv', '{ type: folder, folder: "/data/in" }', 'orders-*.tsv.gz'],
  ['/data/2026-*/rows.xlsx', 'rows', 'excel', '{ type: folder, folder: "/data" }', '2026-*/rows.xlsx'],
  ['/data/orders/', 'orders', 'csv', '{ type: folder, folder: "/data/orders" }', '*'],
  ['/orders.json', 'orders', 'json', '{ type: folder, folder: "/" }', 'orders.json'],
])('%s becomes a manifest without problems', (text, stream, format, provider, path) => {
  const place = filePlace(text);
  const manifest = place === null ? '' : fileManifest(place);
  expect(parseManifest(manifest, language).issues).toEqual([]);
  for (const part of [`name: "${stream}"`, `type: ${format} }`, provider, `path: ${JSON.stringify(path)}`])
    expect(manifest).toContain(part);
});

test.each(['', 'orders.csv', 's3://', 'ftp://x/y', 'C:\\data'])('%s is no place of files', (text) => {
  expect(filePlace(text)).toBeNull();
});

test('nor has any template', () => {
  for (const { id, manifest } of TEMPLATES) expect([id, parseManifest(manifest, language).issues]).toEqual([id, []]);
});
