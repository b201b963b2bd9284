import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Failure } from '#lib/errors.ts';
import { stringifyJson } from '#lib/json.ts';
import type { AttemptOf } from './attempt.ts';
import type { Death, Scenario } from './scenario.ts';

/** An attempt in a process of its own, which ends itself as `kill -9` would. Null where it went through, and where it did not end. */
export async function killed(
  scenario: Scenario,
  of: AttemptOf,
  { point, nth }: Extract<Death, { kind: 'kill' }>,
): Promise<Failure | null> {
  const file = path.join(os.tmpdir(), `weir-soak-${randomUUID()}.json`);
  writeFileSync(file, stringifyJson({ scenario, of }));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'attempt-child.ts'), file], {
    env: { ...process.env, WEIR_KILL_AT: `${point}:${nth}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await new Promise<[number | null]>((resolve) => child.once('close', (ended) => resolve([ended])));
  rmSync(file, { force: true });
  // Without a code it was killed; with another than 0 it has broken by itself.
  if (code === null) return null;
  if (code !== 0) throw new Error(`the process of an attempt ended with ${code}`);
  return JSON.parse(output) as Failure | null;
}
