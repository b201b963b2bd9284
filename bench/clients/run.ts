import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { missingProgram, type PythonClient, pythonClients, pythonOf, versionOf } from './environments.ts';
import { startSubject } from './subject.ts';

// Real clients of Airbyte against a Weir as a user runs it: `npm run clients [name …]`. They are installed from PyPI into
// WEIR_CLIENTS_DIR, outside the repository.

const ROOT = process.env.WEIR_CLIENTS_DIR ?? path.join(os.homedir(), '.cache/weir-clients');
const LINE_START = /^(ok|FAIL|refused) /;

interface Outcome {
  readonly client: string;
  readonly version: string;
  readonly ok: number;
  readonly refused: number;
  readonly failed: readonly string[];
}

const wanted = process.argv.slice(2);
const asked = pythonClients.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const left = asked.filter((client) => missingProgram(client, ROOT) !== null);
const chosen = asked.filter((client) => !left.includes(client));
const interpreters = chosen.map((client) => [client, pythonOf(client, ROOT)] as const);
const subject = await startSubject();
const outcomes: Outcome[] = [];
try {
  for (const [client, python] of interpreters) {
    process.stdout.write(`\n# ${client.name}\n`);
    outcomes.push(await runClient(client, python, subject.env));
  }
} finally {
  await subject.stop();
}
process.stdout.write(`\n${table(outcomes)}\n`);
for (const client of left)
  process.stdout.write(`----  ${client.name.padEnd(12)} not tried: there is no ${missingProgram(client, ROOT)}\n`);
process.exitCode = outcomes.every(({ failed, ok }) => failed.length === 0 && ok > 0) ? 0 : 1;

/** A script prints a line per call: `ok <what>`, `refused <what>: <why>` where Weir says no on purpose, or `FAIL <what>: <why>`. */
async function runClient(client: PythonClient, python: string, env: Record<string, string>): Promise<Outcome> {
  const lines: string[] = [];
  for (const script of client.scripts) {
    const beside = { WEIR_BESIDE: path.join(ROOT, client.name) };
    const { output, code } = await run(python, path.join(import.meta.dirname, script), { ...env, ...beside });
    lines.push(...output.split('\n').filter((line) => LINE_START.test(line)));
    if (code !== 0) lines.push(`FAIL ${script}: ended with ${code}`);
  }
  const count = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).length;
  return {
    client: client.name,
    version: versionOf(python, client, ROOT),
    ok: count('ok'),
    refused: count('refused'),
    failed: lines.filter((line) => line.startsWith('FAIL ')),
  };
}

function run(python: string, script: string, env: Record<string, string>): Promise<{ output: string; code: number }> {
  return new Promise((resolve) => {
    const child = spawn(python, [script], {
      env: { ...process.env, ...env, PYTHONUNBUFFERED: '1', AIRFLOW_HOME: path.join(os.tmpdir(), 'weir-airflow') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    child.once('close', (code) => {
      process.stdout.write(
        output
          .split('\n')
          .filter((line) => LINE_START.test(line))
          .join('\n'),
      );
      process.stdout.write('\n');
      if (code !== 0) process.stderr.write(errors.slice(-4_000));
      resolve({ output, code: code ?? 1 });
    });
  });
}

function table(rows: readonly Outcome[]): string {
  const lines = rows.map(
    ({ client, version, ok, refused, failed }) =>
      `${failed.length === 0 ? 'pass' : 'FAIL'}  ${client.padEnd(12)} ${version.padEnd(45)} ${ok} ok, ${refused} refused on purpose, ${failed.length} failed`,
  );
  return lines.join('\n');
}
