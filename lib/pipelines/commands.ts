import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';

/** A command that the operator of this machine allows; nobody else can write the list. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** The program and its arguments; no shell reads them. */
  readonly run: readonly string[];
  /** Where it runs. */
  readonly folder: string;
  readonly timeoutMinutes: number;
  /** Where dbt leaves its results, within the folder; null for commands that are not dbt. */
  readonly dbtResults: string | null;
  /** Names of variables of the service's environment that it is given, besides PATH, HOME, LANG and TZ. */
  readonly environment: readonly string[];
}

const MOST_COMMANDS = 100;
const MOST_MINUTES = 24 * 60;
const DEFAULT_MINUTES = 60;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FIELDS = ['run', 'folder', 'description', 'timeoutMinutes', 'dbtResults', 'environment'];

/** The operator's list; empty when WEIR_COMMANDS_FILE names none. @throws WeirError `commands_file` with all that is wrong in it */
export function readCommands({ commandsFile }: Pick<Env, 'commandsFile'>): Command[] {
  if (commandsFile === null) return [];
  return parseCommands(readText(commandsFile), commandsFile);
}

export function parseCommands(text: string, file: string): Command[] {
  const problems: string[] = [];
  let value: JsonValue;
  try {
    value = parse(text) as JsonValue;
  } catch (error) {
    throw broken(file, [(error as Error).message]);
  }
  const listed = isJsonObject(value) && isJsonObject(value.commands) ? value.commands : null;
  if (listed === null) throw broken(file, ['It needs `commands:`, with a name for each.']);
  const entries = Object.entries(listed);
  if (entries.length > MOST_COMMANDS) problems.push(`At most ${MOST_COMMANDS} commands.`);
  const commands = entries.flatMap(([name, entry]) => toCommand(name, entry, file, problems) ?? []);
  if (problems.length > 0) throw broken(file, problems);
  return commands;
}

function toCommand(name: string, entry: JsonValue, file: string, problems: string[]): Command | null {
  const say = (message: string) => void problems.push(`${name}: ${message}`);
  if (!NAME.test(name)) say('a name has letters, digits, `_`, `.` and `-`.');
  if (!isJsonObject(entry)) {
    say('it needs `run`, a list of the program and its arguments.');
    return null;
  }
  const { run, folder = '.', description = '', timeoutMinutes = DEFAULT_MINUTES, dbtResults = null } = entry;
  const { environment = [] } = entry;
  for (const field of Object.keys(entry)) if (!FIELDS.includes(field)) say(`there is no field ${field}.`);
  if (!isTexts(run) || run.length === 0) say('`run` is a list of the program and its arguments, such as [dbt, run].');
  if (typeof folder !== 'string') say('`folder` is a path.');
  if (typeof description !== 'string') say('`description` is a text.');
  if (dbtResults !== null && typeof dbtResults !== 'string')
    say('`dbtResults` is a path, such as target/run_results.json.');
  if (typeof timeoutMinutes !== 'number' || !(timeoutMinutes > 0 && timeoutMinutes <= MOST_MINUTES))
    say(`\`timeoutMinutes\` goes from 1 to ${MOST_MINUTES}.`);
  if (!isTexts(environment) || !environment.every((each) => VARIABLE.test(each)))
    say('`environment` is a list of names of variables.');
  return {
    name,
    description: String(description),
    run: isTexts(run) ? run : [],
    folder: path.resolve(path.dirname(file), String(folder)),
    timeoutMinutes: Number(timeoutMinutes),
    dbtResults: dbtResults === null ? null : String(dbtResults),
    environment: isTexts(environment) ? environment : [],
  };
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw broken(file, [`It can't be read (${(error as NodeJS.ErrnoException).code}).`]);
  }
}

function broken(file: string, problems: readonly string[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'commands_file',
    message: `The list of commands ${path.basename(file)} of WEIR_COMMANDS_FILE is wrong. ${problems.join(' ')}`,
    hint: 'Whoever runs this service corrects it.',
    issues: problems.map((message) => ({ path: 'commands', message })),
  });
}
