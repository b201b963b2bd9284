import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '#lib/bin/build.ts';
import { childMemory } from '#lib/bin/child-memory.ts';
import type { Report } from './measure.ts';

/** The memory of a sync where nobody sets another. */
const SYNC_MB = 512;

/** One file with all that it imports, as the service's own child is built. Gives the bundle's path. */
export async function bundled(entry: string, folder: string): Promise<string> {
  const outfile = path.join(folder, `${path.basename(entry, '.ts')}.mjs`);
  mkdirSync(folder, { recursive: true });
  linkModules(folder);
  await build({ ...ONE_FILE, entryPoints: [entry], outfile });
  return outfile;
}

/** What is not bundled is looked for from the bundle upwards. */
function linkModules(folder: string): void {
  const root = path.resolve(import.meta.dirname, '..');
  const modules = path.join(folder, 'node_modules');
  if (!folder.startsWith(root) && !existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules);
}

/** Runs a bundle as the service starts the process of a sync, and gives what it reports. */
export function reportAsChild<T = Report>(bundle: string, args: readonly string[]): Promise<T> {
  const { execArgv, env } = childMemory(SYNC_MB);
  return report<T>(process.execPath, [...execArgv, bundle, ...args], env);
}

/** Runs a command to its end and gives the JSON of its last line. Throws with its output when it fails. */
export async function report<T = Report>(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<T> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${output}${errors}`.slice(-4_000));
  return JSON.parse(last) as T;
}
