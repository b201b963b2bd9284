import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A client as PyPI has it, in a virtual environment of its own. */
export interface PythonClient {
  readonly name: string;
  /** What pip installs; the first one's version is printed. */
  readonly packages: readonly string[];
  readonly scripts: readonly string[];
  /** A program that no registry has: whoever has it puts it into the client's folder, with its version in `version.txt`. */
  readonly program?: string;
}

export const pythonClients: readonly PythonClient[] = [
  { name: 'scripts', packages: ['requests'], scripts: ['owner_a.py', 'owner_b.py'] },
  { name: 'sdk', packages: ['airbyte-api'], scripts: ['sdk.py'] },
  { name: 'dagster', packages: ['dagster-airbyte'], scripts: ['dagster_workspace.py'] },
  { name: 'airflow-new', packages: ['apache-airflow-providers-airbyte'], scripts: ['airflow_new.py'] },
  { name: 'schemathesis', packages: ['schemathesis', 'requests'], scripts: ['schemathesis_run.py'] },
  {
    name: 'terraform',
    packages: ['requests'],
    scripts: ['terraform.py'],
    program: 'terraform-provider-airbyte',
  },
  {
    name: 'airflow-old',
    packages: ['apache-airflow-providers-airbyte==3.9.0', 'apache-airflow<2.11'],
    scripts: ['airflow_old.py'],
  },
];

/** The interpreter of a client's environment, made at the first use below `root`. */
export function pythonOf({ name, packages }: PythonClient, root: string): string {
  const python = path.join(root, name, 'bin/python');
  if (existsSync(python)) return python;
  run('python3', ['-m', 'venv', path.join(root, name)]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return python;
}

/** Where the client's program has to be and is not; null where nothing is missing. */
export function missingProgram({ name, program }: PythonClient, root: string): string | null {
  const file = program && path.join(root, name, program);
  return file && !existsSync(file) ? file : null;
}

/** The version that is installed, such as `airbyte-api 1.0.1`. */
export function versionOf(python: string, { name: client, packages, program }: PythonClient, root: string): string {
  if (program) return `${program} ${readFileSync(path.join(root, client, 'version.txt'), 'utf8').trim()}`;
  const name = (packages[0] ?? '').replace(/[=<>].*$/, '');
  const code = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
  return `${name} ${spawnSync(python, ['-c', code], { encoding: 'utf8' }).stdout.trim()}`;
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}.`);
}
