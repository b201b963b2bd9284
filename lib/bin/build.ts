import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build as bundle, stop as stopBundler } from 'esbuild';
import { WeirError } from '#lib/errors.ts';

const STAMP = 'dist/built-from';
/** All that ends up in a page, the child or the command line. */
const SOURCES = [
  '{app,lib,quality}/**/*.{ts,tsx,css}',
  'package-lock.json',
  'next.config.js',
  'proxy.ts',
  'postcss.config.mjs',
  'tsconfig.json',
];

/**
 * How a process becomes one file. Without comments and blanks, and every letter in ASCII: V8 keeps the text of a program while it runs, and
 * all of it with two bytes a letter where one of them needs two. That was 10 MB in each child.
 */
export const ONE_FILE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  charset: 'ascii',
  minifyWhitespace: true,
  // Node shows the line of an uncaught error.
  lineLimit: 200,
  legalComments: 'external',
  logLevel: 'warning',
  external: ['pg-native', '@duckdb/node-bindings*'],
  banner: {
    js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
  },
} satisfies BuildOptions;

/** Whether the last build was made from the sources as they are now. */
export async function isBuilt(project: string): Promise<boolean> {
  const stamp = path.join(project, STAMP);
  return (
    existsSync(stamp) &&
    existsSync(path.join(project, '.next/BUILD_ID')) &&
    readFileSync(stamp, 'utf8') === (await fingerprint(project))
  );
}

/**
 * Builds the pages (next build) and bundles the child, the reader of manifests and the command line (esbuild). Progress goes to `say`.
 * @throws AbortError when `signal` ends it
 */
export async function build(project: string, say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const from = await fingerprint(project);
  say('Building the pages: once after each update, about a minute.');
  await bundleProcesses(project);
  // Its service would stay in memory for as long as this process runs.
  await stopBundler();
  await nextBuild(project, say, signal);
  writeFileSync(path.join(project, STAMP), from);
  say(`Built in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
}

/** The child starts three times as fast from one file. */
async function bundleProcesses(project: string): Promise<void> {
  await bundle({
    ...ONE_FILE,
    absWorkingDir: project,
    entryPoints: {
      child: 'lib/bin/child.ts',
      cli: 'lib/bin/cli/cli.ts',
      'manifest-worker': 'lib/api/manifest-worker.ts',
    },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
  });
}

function nextBuild(project: string, say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(project, 'node_modules/next/dist/bin/next'), 'build'], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
      ...(signal && { signal }),
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
      for (const line of String(chunk).split('\n')) if (/Compiled|Generating/.test(line)) say(`  ${line.trim()}`);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(buildFailed(output))));
  });
}

function buildFailed(output: string): WeirError {
  return new WeirError({
    kind: 'bug',
    code: 'build_failed',
    message: `Building the pages failed:\n${output.trim()}`,
    hint: 'Run npm ci again; if it stays, report this text.',
  });
}

async function fingerprint(project: string): Promise<string> {
  const hash = createHash('sha256').update(process.versions.node);
  const files = await Array.fromAsync(glob(SOURCES, { cwd: project }));
  for (const file of files.toSorted()) {
    if (!file.includes('.test.')) hash.update(file).update(readFileSync(path.join(project, file)));
  }
  return hash.digest('hex');
}

if (import.meta.main) await build(process.cwd(), (line) => process.stdout.write(`${line}\n`));
