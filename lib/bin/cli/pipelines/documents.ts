import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** In the order in which they need each other. */
export const KINDS = [
  'connector',
  'source',
  'destination',
  'connection',
  'suite',
  'channel',
  'alert_rule',
  'automation',
] as const;
export type Kind = (typeof KINDS)[number];

/** One thing that a folder declares. Its kind and name are what it is found by. */
export interface Document {
  readonly kind: Kind;
  readonly name: string;
  /** Everything but kind and name; texts of the environment filled in. */
  readonly body: JsonObject;
  /** `file:line`, for what is told of it. */
  readonly at: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Problem extends Issue {
  readonly at: string;
}

/** What each kind may say; `!` marks what it must. */
const FIELDS: Record<Kind, readonly string[]> = {
  connector: ['manifest!'],
  source: ['connector!', 'config!'],
  destination: ['type!', 'config!'],
  connection: [
    ...[
      'source!',
      'destination!',
      'streams!',
      'schedule',
      'status',
      'namespaceDefinition',
      'namespaceFormat',
      'prefix',
    ],
    ...[
      'freshnessTargetMinutes',
      'schemaChanges',
      'badValues',
      'quarantineLimit',
      'owner',
      'connectorVersion',
      'memoryMb',
      'cpuCores',
      'tags',
      'states',
    ],
  ],
  suite: ['text!', 'destination!', 'connection'],
  channel: ['type!', 'config!', 'events', 'enabled'],
  alert_rule: [
    ...['channels!', 'position', 'enabled', 'connections', 'tags', 'owners', 'levels', 'events'],
    ...['failuresInARow', 'quietHours', 'digest'],
  ],
  automation: ['after', 'channels', 'commands'],
};
const FROM_ENVIRONMENT = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;
const MOST_FILES = 1_000;

/**
 * Every document of a folder's YAML files (or of one file). `${env:NAME}` in a text is taken from the environment, and a
 * connector's `manifest` may name a file beside it. With `unset: 'kept'` a variable that is not set stays as it is written, for who
 * only compares: secrets are not compared.
 * @throws WeirError `invalid_input` with every problem of every file
 */
export function readDocuments(
  folder: string,
  env: Environment,
  { unset = 'refused' }: { readonly unset?: 'refused' | 'kept' } = {},
): Document[] {
  const problems: Problem[] = [];
  const documents = filesOf(folder).flatMap((file) => readFile({ file, env, unset, problems }));
  const seen = new Map<string, string>();
  for (const { kind, name, at } of documents) {
    const before = seen.get(`${kind} ${name}`);
    if (before) problems.push({ at, message: `${kind} ${name} is declared at ${before} already.` });
    seen.set(`${kind} ${name}`, at);
  }
  if (problems.length === 0) return documents.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  throw new WeirError({
    kind: 'config',
    code: 'invalid_input',
    message: problems.map(({ at, message }) => `${at}: ${message}`).join('\n'),
    issues: problems,
  });
}

/** Names of the connectors that a folder declares, whatever else is wrong with it; none where there is no folder. */
export function declaredConnectors(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return filesOf(folder)
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document): unknown => (document.errors.length > 0 ? null : document.toJS()))
    .flatMap((value) => (isJsonObject(value) && value.kind === 'connector' ? [String(value.name).trim()] : []));
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder))
    throw new WeirError({
      kind: 'config',
      code: 'no_file',
      message: `${folder} is not there.`,
      hint: 'Name a folder with -f.',
    });
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .slice(0, MOST_FILES)
    .map((name) => path.join(folder, name));
}

function readFile(given: Omit<Place, 'at'>): Document[] {
  const { file, problems } = given;
  const lines = new LineCounter();
  const parsed = parseAllDocuments(readFileSync(file, 'utf8'), { lineCounter: lines });
  return (Array.isArray(parsed) ? parsed : []).flatMap((document) => {
    const at = `${file}:${lines.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0).line}`;
    for (const { message } of document.errors) problems.push({ at, message });
    if (document.errors.length > 0 || !isMap(document.contents)) return [];
    const value = document.toJS() as JsonObject;
    // A connector's own manifest lies beside the documents.
    if (value.type === 'DeclarativeSource') return [];
    return readDocument(value, { ...given, at });
  });
}

interface Place {
  readonly at: string;
  readonly file: string;
  readonly env: Environment;
  readonly unset: 'refused' | 'kept';
  readonly problems: Problem[];
}

function readDocument({ kind, name, ...rest }: JsonObject, place: Place): Document[] {
  const { at, problems } = place;
  const known = KINDS.find((each) => each === kind);
  if (!known) problems.push({ at, message: `kind is one of: ${KINDS.join(', ')}.` });
  if (typeof name !== 'string' || !name.trim()) problems.push({ at, message: 'name is missing.' });
  if (!known || typeof name !== 'string') return [];
  const fields = FIELDS[known];
  for (const field of Object.keys(rest))
    if (!fields.some((each) => each.replace('!', '') === field))
      problems.push({ at, message: `${known} ${name} has no field ${field}.` });
  for (const field of fields)
    if (field.endsWith('!') && rest[field.slice(0, -1)] === undefined)
      problems.push({ at, message: `${known} ${name} needs ${field.slice(0, -1)}.` });
  const body = filled(known === 'connector' ? withManifest(rest, place) : rest, place) as JsonObject;
  return [{ kind: known, name: name.trim(), body, at }];
}

/** The manifest as text, from the file that is named or from what stands here. Its templates are its own. */
function withManifest(body: JsonObject, { at, file, problems }: Place): JsonObject {
  const { manifest } = body;
  if (typeof manifest !== 'string' || manifest.includes('\n')) return body;
  const named = path.resolve(path.dirname(file), manifest);
  if (existsSync(named)) return { ...body, manifest: readFileSync(named, 'utf8') };
  problems.push({ at, message: `manifest names ${manifest}, which is not there.` });
  return body;
}

function filled(value: JsonValue, place: Place): JsonValue {
  if (Array.isArray(value)) return value.map((item) => filled(item, place));
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, place)]));
  if (typeof value !== 'string') return value;
  return value.replace(FROM_ENVIRONMENT, (whole, name: string) => {
    const found = place.env[name];
    if (found === undefined && place.unset === 'refused')
      place.problems.push({ at: place.at, message: `The environment has no ${name}.` });
    return found ?? whole;
  });
}
