import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { tail } from './tail-of-sizes.ts';

/** The one list of what must hold, run in this order by people and by CI. */
const STEPS: [name: string, command: string, ...args: string[]][] = [
  ['format and lint', 'biome', 'ci', '--error-on-warnings', '.'],
  ['layers', 'vitest', 'run', 'lib/layers.test.ts'],
  ['types', 'tsc', '--noEmit', '-p', '.'],
  ['tests', 'node', 'tests/run.mjs'],
];

/** `--static` leaves out the last step, for CI, which runs it as a command of its own. */
const steps = process.argv.includes('--static') ? STEPS.slice(0, -1) : STEPS;
const bin = path.resolve('node_modules/.bin');
for (const [name, command, ...args] of steps) {
  process.stdout.write(`\n# ${name}\n`);
  const { status } = spawnSync(path.join(bin, command), args, { stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`\n${name}: failed\n`);
    process.exit(status ?? 1);
  }
}
process.stdout.write(tail(process.cwd()));
