import { spawnSync } from 'node:child_process';
import path from 'node:path';

// What `npm run faults` runs: every entry of the catalogue against the running service, a line each. Words filter by name.
const vitest = path.resolve('node_modules/vitest/vitest.mjs');
const words = process.argv.slice(2);
const args = ['run', '--config', 'tests/faults.config.ts', ...(words.length > 0 ? ['-t', words.join(' ')] : [])];
const { status } = spawnSync(process.execPath, [vitest, ...args], {
  stdio: 'inherit',
  env: { ...process.env, WEIR_FAULTS: 'all', ...(words.length === 0 && { WEIR_FAULTS_WHOLE: '1' }) },
});
process.exit(status ?? 1);
