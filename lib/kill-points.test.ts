import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const script = `import { killPoint } from '${path.join(import.meta.dirname, 'kill-points.ts')}';
for (const step of ['begun', 'published', 'published', 'over']) { console.log(step); killPoint(step); }`;

function run(killAt?: string) {
  const env = { ...process.env, ...(killAt && { WEIR_KILL_AT: killAt }) };
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env });
  return { steps: stdout.toString().trim().split('\n'), signal };
}

test('nothing happens unless a test asks for it', () => {
  expect(run()).toEqual({ steps: ['begun', 'published', 'published', 'over'], signal: null });
});

test('the process dies at the named point, at the asked time', () => {
  expect(run('published')).toEqual({ steps: ['begun', 'published'], signal: 'SIGKILL' });
  expect(run('published:2')).toEqual({ steps: ['begun', 'published', 'published'], signal: 'SIGKILL' });
});
