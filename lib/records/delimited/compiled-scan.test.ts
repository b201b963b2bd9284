import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compiledScan } from './compile-scan.ts';

test('what is run is compiled from what can be read', async () => {
  const file = path.join(import.meta.dirname, 'compiled-scan.ts');
  expect(readFileSync(file, 'utf8')).toBe(await compiledScan());
});
