import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What the Python side needs; the CDK's version is printed with the results. */
const PACKAGES = ['airbyte-cdk', 'time-machine'];

/**
 * A virtual environment with the CDK from PyPI, outside the tree: made once, kept in the user's cache.
 * `WEIR_CONFORMANCE_VENV` names another folder, made where it is missing.
 */
export function pythonEnvironment(): { python: string; version: string } {
  const folder = process.env.WEIR_CONFORMANCE_VENV ?? path.join(homedir(), '.cache', 'weir', 'conformance');
  const python = path.join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    mkdirSync(path.dirname(folder), { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  }
  if (!installed(python)) run(python, ['-m', 'pip', 'install', '--quiet', '--upgrade', ...PACKAGES]);
  const version = execFileSync(python, ['-c', 'from importlib.metadata import version; print(version("airbyte-cdk"))']);
  return { python, version: version.toString().trim() };
}

function installed(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import airbyte_cdk, time_machine'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
