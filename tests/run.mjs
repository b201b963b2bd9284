// What `npm test` runs: brings a browser if there is none, then the suites. `npm test -- lib/x` runs only those files.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `The tests need Node 24 and this is ${process.version}. Run npm ci without --omit=optional, or install Node 24.`,
  );
  process.exit(1);
}

const BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];
const only = process.argv.slice(2);

if (only.length > 0) run(only);
else {
  const browser = findBrowser() ?? installBrowser();
  run(['--config', 'vitest.config.ts']);
  run(['--config', 'tests/whole.config.ts'], { WEIR_TEST_BROWSER: browser });
}

function run(args, env = {}) {
  const vitest = path.resolve('node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

function findBrowser() {
  return [process.env.WEIR_TEST_BROWSER, ...BROWSERS].find((file) => file && existsSync(file));
}

function installBrowser() {
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium from Debian for the browser tests.');
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  }
  const browser = findBrowser();
  if (browser) return browser;
  console.error(
    'The browser tests need Chromium: install it, or set WEIR_TEST_BROWSER to its path. Without a browser, `npm test -- lib quality app` runs the rest.',
  );
  process.exit(1);
}
