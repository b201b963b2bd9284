import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const VERSIONS = `
import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))`;

/**
 * A virtual environment for the peers from PyPI, outside the tree: made once, kept in the user's cache.
 * `WEIR_BENCH_VENV` names another folder, made where it is missing.
 */
export function pythonWith(packages: readonly string[]): { python: string; versions: Record<string, string> } {
  const folder = process.env.WEIR_BENCH_VENV ?? path.join(homedir(), '.cache', 'weir', 'bench');
  const python = path.join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    mkdirSync(path.dirname(folder), { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  }
  const found = versionsOf(python, packages);
  if (found) return { python, versions: found };
  run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  const versions = versionsOf(python, packages);
  if (!versions) throw new Error(`pip did not install ${packages.join(', ')}`);
  return { python, versions };
}

/** Null when one is missing. Extras, as in `dlt[postgres]`, are left out of the name. */
function versionsOf(python: string, packages: readonly string[]): Record<string, string> | null {
  try {
    const names = packages.map((name) => name.replace(/\[.*$/, ''));
    return JSON.parse(
      execFileSync(python, ['-c', VERSIONS, ...names], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(),
    );
  } catch {
    return null;
  }
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
