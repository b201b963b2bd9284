import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { checkCommand, discoverCommand, readCommand, specCommand } from './protocol.ts';
import { syncCommand } from './sync-command.ts';

const USAGE = `weir <command> --manifest FILE [options]

  validate                                                every problem of the manifest, with its line
  spec                                                    the settings that the connector asks for
  check    --config FILE                                  whether they work
  discover --config FILE                                  its streams
  read     --config FILE --catalog FILE [--state FILE]    records and states, as the Airbyte protocol
  sync     --config FILE --to postgres://… [--stream NAME …] [--full-refresh]
                                                          load into a Postgres, without the service
`;

const OPTIONS = {
  manifest: { type: 'string' },
  'manifest-path': { type: 'string' },
  config: { type: 'string' },
  catalog: { type: 'string' },
  state: { type: 'string' },
  to: { type: 'string' },
  stream: { type: 'string', multiple: true },
  'full-refresh': { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const COMMANDS = ['validate', 'spec', 'check', 'discover', 'read', 'sync'];

// Whoever reads the output may stop when they have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort('cancelled')).once('SIGTERM', () => stop.abort('cancelled'));
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [command] = positionals;
    if (values.help || command === undefined) {
      process.stdout.write(USAGE);
      return command === undefined && !values.help ? 2 : 0;
    }
    return await run(command, values, stop.signal);
  } catch (error) {
    process.stderr.write(`${stop.signal.aborted ? 'Stopped.' : failureText(toFailure(error))}\n`);
    return isUsage(error) ? 2 : 1;
  }
}

/** Wrong options, as told by us or by `parseArgs`. */
function isUsage(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'usage' || String(code).startsWith('ERR_PARSE_ARGS');
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function run(command: string, values: Values, signal: AbortSignal): Promise<number> {
  if (!COMMANDS.includes(command)) {
    process.stderr.write(`There is no command ${command}.\n\n${USAGE}`);
    return 2;
  }
  const file = needed(values.manifest ?? values['manifest-path'], '--manifest');
  if (command === 'validate') return validate(file);
  const manifest = readManifest(file);
  const source = createManifestSource(manifest);
  const log = createLog('weir', values.debug ? 'debug' : 'warn');
  const config = () => object(jsonFile(needed(values.config, '--config')), '--config');
  switch (command) {
    case 'spec':
      return specCommand(source);
    case 'check':
      return checkCommand(source, config(), { signal, log });
    case 'discover':
      return discoverCommand(source, config(), { signal, log });
    case 'read': {
      const catalog = object(jsonFile(needed(values.catalog, '--catalog')), '--catalog');
      return readCommand(source, config(), {
        signal,
        log,
        catalog,
        state: values.state ? jsonFile(values.state) : null,
      });
    }
    default:
      return syncCommand({
        manifest,
        config: config(),
        saveConfig: async (changed) => keepConfig(needed(values.config, '--config'), changed),
        to: needed(values.to, '--to'),
        streams: values.stream,
        fullRefresh: values['full-refresh'] === true,
        signal,
        log,
      });
  }
}

function validate(file: string): number {
  const { issues } = parseManifest(textFile(file), language);
  for (const { severity, line, column, message, hint } of issues)
    process.stdout.write(`${file}:${line}:${column} ${severity}: ${[message, hint].filter(Boolean).join(' ')}\n`);
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  process.stdout.write(errors === 0 ? `${file} is valid.\n` : `${errors} ${errors === 1 ? 'error' : 'errors'}.\n`);
  return errors === 0 ? 0 : 1;
}

function readManifest(file: string): Manifest {
  const { issues, manifest } = parseManifest(textFile(file), language);
  if (manifest) return manifest;
  const first = issues.find(({ severity }) => severity === 'error');
  throw new WeirError({
    kind: 'config',
    code: 'invalid_manifest',
    message: `${file} is no valid manifest: line ${first?.line}: ${first?.message}`,
    hint: `All problems: weir validate --manifest ${file}`,
  });
}

function needed(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new WeirError({
    kind: 'config',
    code: 'usage',
    message: `${name} is missing.`,
    hint: 'weir --help lists the commands.',
  });
}

function textFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'no_file',
      message: `${file} can't be read: ${(cause as Error).message}`,
      cause,
    });
  }
}

function jsonFile(file: string): JsonValue {
  try {
    return parseJson(textFile(file));
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    throw new WeirError({
      kind: 'config',
      code: 'bad_json',
      message: `${file} is no JSON: ${(cause as Error).message}`,
      cause,
    });
  }
}

/** A token that works once is of no use in the old file: the new one takes its place at once, whole. */
function keepConfig(file: string, config: JsonObject): void {
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, `${stringifyJson(config, 2)}\n`, { mode: statSync(file).mode });
  renameSync(next, file);
}

function object(value: JsonValue, name: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new WeirError({ kind: 'config', code: 'bad_json', message: `${name} takes a JSON object.` });
}
