import { parseArgs } from 'node:util';
import { readEnv } from '#lib/env.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { CHECKS_EXIT, checksRunCommand } from './checks-command.ts';
import { checksStartCommand } from './checks-start-command.ts';
import { countsCommand } from './counts-command.ts';
import { draftCommand } from './draft-command.ts';
import { configOf, issuesOf, jsonFile, keepConfig, manifestOf, needed, object } from './inputs.ts';
import { loadsCommand } from './loads-command.ts';
import { applyCommand, driftCommand, exportCommand, importCommand } from './pipelines/commands.ts';
import { planCommand } from './plan-command.ts';
import { checkCommand, discoverCommand, readCommand, specCommand } from './protocol.ts';
import { sayConfig, sayFailure, sayLog } from './protocol-messages.ts';
import { quarantineCommand } from './quarantine-command.ts';
import { recordCommand } from './record-command.ts';
import { streamCommand } from './stream-command.ts';
import { syncCommand } from './sync-command.ts';
import { testCommand } from './test-command.ts';

const USAGE = `weir <command> --manifest FILE [options]

  validate                                                every problem of the manifest, with its line
  draft    URL | 'curl …' | FILE [--token TEXT] [--pick ID …] [--from url|curl|openapi|har]
                                                          a manifest from an address, a cURL command, an OpenAPI document or a HAR
  test     FILE … [--name TEXT] [--json]                  the tests that manifests carry, over recorded answers; exits 1 if one fails
  record   FILE --config FILE --stream NAME [--state FILE] [--name TEXT] [--pages N] [--slices N]
                                                          reads from the live API and puts a test of it into the manifest, secrets masked
  plan     --config FILE [--state FILE] [--stream NAME …] [--json]
                                                          slices and first requests of a read; nothing is sent
  spec                                                    the settings that the connector asks for
  check    --config FILE                                  whether they work
  discover --config FILE                                  its streams
  read     --config FILE --catalog FILE [--state FILE]    records and states, as the Airbyte protocol
  sync     --config FILE --to postgres://… [--stream NAME …] [--full-refresh]
                                                          load into a Postgres, without the service
  checks run SUITE --to postgres://… | --parquet DIR | --destination NAME --key KEY [--url URL] [--check NAME] [--json]
                                                          measure a suite, or one of its checks; exits 0, 1 if a check fails, 2 if the suite is wrong, 3 if it can't be measured
  checks start NAME --key KEY [--url URL] [--json]        have the service measure a suite of its own, buckets too; exits the same
  apply -f DIR --key KEY [--url URL] [--dry-run] [--prune]
                                                          make the service as a folder of YAML says
  drift -f DIR --key KEY [--url URL]                      where service and folder differ; exits 2 if they do
  export -f DIR --key KEY [--url URL]                     write what the service has into a folder
  import airbyte --from URL -f DIR [--client-id ID --client-secret SECRET | --user NAME --password TEXT] [--workspace NAME]
                                                          write what an Airbyte has into a folder, for apply
  loads release|discard|run-again SYNC --key KEY [--url URL] [--reason TEXT]
                                                          decide of a load that a check holds back
  quarantine list|replay|forget CONNECTION --key KEY [--url URL] [--stream TABLE …] [--json]
                                                          what was put aside for a connection; load it again
  counts   SYNC --key KEY [--url URL] [--json]              where every record of a sync went, stream by stream
  refresh  CONNECTION --key KEY [--url URL] [--stream NAME …] [--keep-history]
                                                          read streams from the beginning, and replace what is there or add to it
  backfill CONNECTION --key KEY [--url URL] --stream NAME --from VALUE [--to VALUE]
                                                          read a range of the cursor again, and merge it

  serve, worker, migrate                                  the parts of the service, over the Postgres of DATABASE_URL
  backup FILE, restore FILE                               the Postgres that npm start brings, while it is stopped
  secrets status|rotate|forget                            seal every stored secret with a new key

  --manifest (or --manifest-path) may be left out where the config has the manifest as __injected_declarative_manifest.
  --debug tells every request in check, discover and read.
`;

const OPTIONS = {
  manifest: { type: 'string' },
  'manifest-path': { type: 'string' },
  'components-path': { type: 'string' },
  config: { type: 'string' },
  catalog: { type: 'string' },
  state: { type: 'string' },
  to: { type: 'string' },
  stream: { type: 'string', multiple: true },
  'full-refresh': { type: 'boolean' },
  'keep-history': { type: 'boolean' },
  json: { type: 'boolean' },
  name: { type: 'string' },
  pages: { type: 'string' },
  slices: { type: 'string' },
  parquet: { type: 'string' },
  destination: { type: 'string' },
  check: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  reason: { type: 'string' },
  token: { type: 'string' },
  pick: { type: 'string', multiple: true },
  folder: { type: 'string', short: 'f' },
  from: { type: 'string' },
  'dry-run': { type: 'boolean' },
  prune: { type: 'boolean' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  workspace: { type: 'string' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** They answer in messages, and tell their failures in one, too. */
const PROTOCOL = ['spec', 'check', 'discover', 'read'];
const PIPELINE_COMMANDS = ['apply', 'drift', 'export', 'import'];
const COMMANDS = ['validate', 'plan', 'sync', ...PROTOCOL];

// Whoever reads the output may stop when they have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort('cancelled')).once('SIGTERM', () => stop.abort('cancelled'));
  let command: string | undefined;
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    [command] = positionals;
    if (values.help || command === undefined) {
      process.stdout.write(USAGE);
      return command === undefined && !values.help ? 2 : 0;
    }
    return await run(positionals, values, stop.signal);
  } catch (error) {
    const failure = toFailure(error);
    if (command === 'checks' && args.includes('--json'))
      process.stdout.write(`${JSON.stringify({ failure }, null, 2)}\n`);
    process.stderr.write(`${stop.signal.aborted ? 'Stopped.' : failureText(failure)}\n`);
    if (isUsage(error)) return 2;
    if (!stop.signal.aborted && PROTOCOL.includes(command ?? '')) sayFailure(failure);
    // 1 says that a check fails.
    return command === 'checks' ? CHECKS_EXIT.notMeasured : 1;
  }
}

/** Wrong options, as told by us or by `parseArgs`, or a name that leads to nothing. */
function isUsage(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code);
  return ['usage', 'no_such_check', 'no_such_suite'].includes(code) || code.startsWith('ERR_PARSE_ARGS');
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function run([command = '', ...words]: string[], values: Values, signal: AbortSignal): Promise<number> {
  if (command === 'checks') return checks(words, values, signal);
  if (command === 'test') return testCommand({ files: words, name: values.name, json: values.json === true });
  if (command === 'draft')
    return draftCommand({ what: words[0], from: values.from, token: values.token, pick: values.pick, signal });
  if (command === 'record') return record(words, values, signal);
  const asked = onServer(command, words, values);
  if (asked) return asked;
  if (PIPELINE_COMMANDS.includes(command)) return pipelines(command, words, values);
  if (!COMMANDS.includes(command)) {
    process.stderr.write(`There is no command ${command}.\n\n${USAGE}`);
    return 2;
  }
  const file = values.manifest ?? values['manifest-path'];
  if (command === 'validate') return validate(needed(file, '--manifest'));
  if (PROTOCOL.includes(command) && values['components-path'])
    sayLog('WARN', 'Weir runs no Python: streams that need classes of --components-path are refused by name.');
  const manifest = manifestOf({ manifest: file, config: values.config });
  const source = createManifestSource(manifest);
  const debug = values.debug === true;
  const { componentsDir, filesDir, fileRoots: listed } = readEnv(process.env, process.cwd()).env;
  // Files beside the manifest are at hand; others where an operator would allow them too.
  const fileRoots = [process.cwd(), ...listed];
  if (command === 'spec') return specCommand(source);
  const { config, whole } = configOf(values);
  const log = createLog('weir', debug ? 'debug' : 'warn');
  const saveConfig = (changed: JsonObject) => sayConfig(whole(changed));
  const options = { signal, debug, componentsDir, filesDir, fileRoots, log, saveConfig };
  const state = values.state ? jsonFile(values.state) : null;
  switch (command) {
    case 'check':
      return checkCommand(source, config, options);
    case 'discover':
      return discoverCommand(source, config, options);
    case 'read': {
      const catalog = object(jsonFile(needed(values.catalog, '--catalog')), '--catalog');
      return readCommand(source, config, { ...options, catalog, state });
    }
    case 'plan':
      return planCommand(source, config, { ...options, state, streams: values.stream, json: values.json === true });
    default:
      return syncCommand({
        ...{ manifest, config, signal, componentsDir, filesDir, fileRoots, log, streams: values.stream },
        saveConfig: async (changed) => keepConfig(needed(values.config, '--config'), whole(changed)),
        to: needed(values.to, '--to'),
        fullRefresh: values['full-refresh'] === true,
      });
  }
}

/** What is asked of a running service; null for other commands. */
function onServer(command: string, words: string[], values: Values): Promise<number> | null {
  const { url = 'http://localhost:8000', key = process.env.WEIR_API_KEY, from, to, reason } = values;
  const json = values.json === true;
  switch (command) {
    case 'quarantine':
      return quarantineCommand({ words, url, key, tables: values.stream, json });
    case 'refresh':
    case 'backfill': {
      const streams = values.stream ?? [];
      const keepHistory = values['keep-history'] === true;
      return streamCommand({ command, connection: words[0], url, key, streams, keepHistory, from, to });
    }
    case 'counts':
      return countsCommand({ sync: words[0], url, key, json });
    case 'loads':
      return loadsCommand({ words, url, key, reason });
    default:
      return null;
  }
}

function checks([action, file]: string[], values: Values, signal: AbortSignal): Promise<number> {
  const { url = 'http://localhost:8000', key = process.env.WEIR_API_KEY } = values;
  if (action === 'start') return checksStartCommand({ suite: file, url, key, json: values.json === true, signal });
  needed(action === 'run' ? action : undefined, 'The action (weir checks run suite.yaml)');
  const { to, parquet, destination, check, json } = values;
  const there = destination === undefined ? null : { destination, url, key };
  return checksRunCommand({ file, to, parquet, there, check, json: json === true, signal });
}

function record([file]: string[], values: Values, signal: AbortSignal): Promise<number> {
  const { name, stream = [], pages, slices } = values;
  const state = values.state ? jsonFile(values.state) : null;
  return recordCommand({
    file: needed(file, 'A manifest (weir record manifest.yaml)'),
    config: configOf(values).config,
    stream: needed(stream[0], '--stream'),
    ...{ state, name, signal, pages: wholeNumber(pages, '--pages'), slices: wholeNumber(slices, '--slices') },
  });
}

function wholeNumber(text: string | undefined, name: string): number | undefined {
  if (text === undefined || /^[1-9]\d{0,5}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usage(`${name} takes a number from 1.`);
}

function validate(file: string): number {
  const issues = issuesOf(file);
  for (const { severity, line, column, message, hint } of issues)
    process.stdout.write(`${file}:${line}:${column} ${severity}: ${[message, hint].filter(Boolean).join(' ')}\n`);
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  process.stdout.write(errors === 0 ? `${file} is valid.\n` : `${errors} ${errors === 1 ? 'error' : 'errors'}.\n`);
  return errors === 0 ? 0 : 1;
}

/** Pipelines as code: the service as a folder of files. */
async function pipelines(command: string, words: string[], values: Values): Promise<number> {
  const folder = needed(values.folder, '-f');
  if (command === 'import') {
    if (words[0] !== 'airbyte') throw usage('weir import takes: airbyte.');
    const { user: username, password, workspace, from } = values;
    const [clientId, clientSecret] = [values['client-id'], values['client-secret']];
    const access = { url: needed(from, '--from'), clientId, clientSecret, username, password, workspace };
    return importCommand(access, folder);
  }
  const { url = process.env.WEIR_URL ?? 'http://localhost:8000' } = values;
  const options = { folder, url, key: needed(values.key ?? process.env.WEIR_API_KEY, '--key (or WEIR_API_KEY)') };
  if (command === 'drift') return driftCommand(options);
  if (command === 'export') return exportCommand(options);
  return applyCommand({ ...options, dryRun: values['dry-run'] === true, prune: values.prune === true });
}

function usage(message: string): WeirError {
  return new WeirError({ kind: 'config', code: 'usage', message, hint: 'weir --help lists the commands.' });
}
