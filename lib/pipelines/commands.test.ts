import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseCommands, readCommands } from './commands.ts';

const LIST = `
commands:
  dbt_features:
    description: Builds the features
    run: [dbt, run, --select, "tag:ml_features"]
    folder: ../dbt
    dbtResults: target/run_results.json
    environment: [DBT_PROFILES_DIR]
  notify: { run: [/usr/local/bin/notify], timeoutMinutes: 1 }
`;

test('the operator’s list names programs with their arguments, and no shell reads them', () => {
  expect(parseCommands(LIST, '/etc/weir/commands.yaml')).toEqual([
    {
      name: 'dbt_features',
      description: 'Builds the features',
      run: ['dbt', 'run', '--select', 'tag:ml_features'],
      folder: '/etc/dbt',
      timeoutMinutes: 60,
      dbtResults: 'target/run_results.json',
      environment: ['DBT_PROFILES_DIR'],
    },
    expect.objectContaining({ name: 'notify', folder: '/etc/weir', timeoutMinutes: 1, dbtResults: null }),
  ]);
});

test('all that is wrong with it is said at once', () => {
  const wrong = `
commands:
  a b: { run: [x] }
  one: { run: "dbt run" }
  two: { run: [dbt], timeoutMinutes: 0, environment: ["A=B"], shell: true }
`;
  expect(() => parseCommands(wrong, 'c.yaml')).toThrow(
    /a b: a name has.*one: `run` is a list.*two: there is no field shell.*timeoutMinutes.*`environment`/,
  );
  expect(() => parseCommands('- x', 'c.yaml')).toThrow('It needs `commands:`');
});

test('without a file there is none, and one that can’t be read is said', () => {
  expect(readCommands({ commandsFile: null })).toEqual([]);
  expect(() => readCommands({ commandsFile: '/nowhere/commands.yaml' })).toThrow("It can't be read (ENOENT).");
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-commands-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'c.yaml'), LIST);
  expect(readCommands({ commandsFile: path.join(folder, 'c.yaml') }).map(({ name }) => name)).toEqual([
    'dbt_features',
    'notify',
  ]);
});
