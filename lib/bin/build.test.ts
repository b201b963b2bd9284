import path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ONE_FILE } from './build.ts';

test('the process of a sync is one file of ASCII, which a running program keeps with one byte a letter', async () => {
  const entry = path.join(import.meta.dirname, 'child.ts');
  const { outputFiles } = await build({ ...ONE_FILE, entryPoints: [entry], outdir: 'nowhere', write: false });
  const [text = ''] = outputFiles.filter((file) => file.path.endsWith('.js')).map((file) => file.text);
  expect(text.length).toBeGreaterThan(1_000_000);
  // esbuild writes other letters as \u0000 everywhere but in regular expressions: say there which letters are meant by \p{…} or \u.
  expect(text.match(/.{0,60}\P{ASCII}.{0,20}/gu) ?? []).toEqual([]);
});
