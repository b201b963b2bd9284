import type { ConfiguredStream } from '#lib/catalog.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { type CompiledMapper, mapperKinds } from './mappers/index.ts';
import { keepApart } from './mappers/keep-apart.ts';
import { type Change, noteChanges } from './noted-changes.ts';

/** What stands between a stream as it is read and as it is loaded. */
export interface StreamMapping {
  /** The stream with the fields, key and cursor that the destination sees. */
  readonly stream: ConfiguredStream;
  map(records: readonly JsonObject[]): { readonly records: readonly JsonObject[]; readonly filtered: number };
}

/**
 * Null where records are loaded as they are read. Throws `bad_mapper` with all that is wrong. Fields that meet stay apart: the source may
 * have got one since the mappers were saved.
 */
export function mappingOf(configured: ConfiguredStream): StreamMapping | null {
  const { mappers = [], ...stream } = configured;
  if (mappers.length === 0) return null;
  const issues = issuesOf(configured, () => []);
  if (issues.length > 0) throw badMapper(configured.stream.name, issues);
  const steps = mappers.flatMap(({ type, mapperConfiguration }) => {
    const kind = mapperKinds.find((one) => one.type === type);
    return kind ? [keepApart(kind.compile(mapperConfiguration))] : [];
  });
  return { stream: steps.reduce(mappedStream, stream), map: (records) => mapAll(steps, records) };
}

/** All that is wrong with a stream's mappers: their own form, fields that meet, and keys that would be lost. */
export function mapperIssues(configured: ConfiguredStream): Issue[] {
  return issuesOf(configured, meetings);
}

function issuesOf({ mappers = [], ...stream }: ConfiguredStream, meet: typeof meetings): Issue[] {
  let now: ConfiguredStream = stream;
  return mappers.flatMap((mapper, index) => {
    const kind = mapperKinds.find(({ type }) => type === mapper.type);
    const path = `mappers.${index}`;
    if (!kind)
      return [{ path, message: `${mapper.type} is none of ${mapperKinds.map(({ type }) => type).join(', ')}.` }];
    const own = kind.issues(mapper.mapperConfiguration);
    if (own.length > 0) return own.map((message) => ({ path, message }));
    const compiled = keepApart(kind.compile(mapper.mapperConfiguration));
    const problems = [...meet(now, compiled), ...lostFields(now, compiled)];
    now = mappedStream(now, compiled);
    return problems.map((message) => ({ path, message }));
  });
}

function mappedStream(configured: ConfiguredStream, mapper: CompiledMapper): ConfiguredStream {
  const { stream, selectedFields } = configured;
  const renamed = (path: readonly string[]) =>
    path.map((field, index) => (index === 0 ? (mapper.rename(field) ?? field) : field));
  return {
    ...configured,
    stream: { ...stream, jsonSchema: mappedSchema(stream.jsonSchema, mapper) },
    cursorField: renamed(configured.cursorField),
    primaryKey: configured.primaryKey.map(renamed),
    ...(selectedFields && { selectedFields: selectedFields.flatMap((field) => mapper.rename(field) ?? []) }),
  };
}

function mappedSchema(schema: JsonObject, mapper: CompiledMapper): JsonObject {
  if (!isJsonObject(schema.properties)) return schema;
  const properties = Object.entries(schema.properties).flatMap(([field, property]) => {
    const name = mapper.rename(field);
    return name === null ? [] : [[name, mapper.schema(field, property)] as const];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** Two fields that would have the same name. */
function meetings({ stream }: ConfiguredStream, { gives, rename }: CompiledMapper): string[] {
  const properties = isJsonObject(stream.jsonSchema.properties) ? stream.jsonSchema.properties : {};
  if (gives === undefined || !Object.hasOwn(properties, gives)) return [];
  return Object.keys(properties).some((field) => rename(field) === gives)
    ? [`There is a field named ${gives} already: choose another name, or leave that one out before.`]
    : [];
}

function lostFields(stream: ConfiguredStream, mapper: CompiledMapper): string[] {
  const { primaryKey, cursorField, destinationSyncMode } = stream;
  const [cursor] = cursorField;
  const needed = [...primaryKey.map(([field]) => field), cursor].filter((field) => field !== undefined);
  return needed.flatMap((field) => {
    if (mapper.rename(field) === null) return [`${field} is cursor or key: it can’t be left out.`];
    if (mapper.varies?.(field)) return [`${field} is cursor or key: encrypted, equal values would differ.`];
    const decides = field === cursor && destinationSyncMode.endsWith('_dedup');
    return decides && mapper.losesOrder?.(field)
      ? [`${field} is the cursor: hashed, it no longer tells which row of a key is the newest.`]
      : [];
  });
}

function mapAll(steps: readonly CompiledMapper[], records: readonly JsonObject[]) {
  const mapped = records.map((record) => mapOne(steps, record)).filter((record) => record !== null);
  return { records: mapped, filtered: records.length - mapped.length };
}

/** What is no object is left to the typing, which refuses it by name. */
function mapOne(steps: readonly CompiledMapper[], record: JsonObject): JsonObject | null {
  if (!isJsonObject(record)) return record;
  const changes: Change[] = [];
  let now: JsonObject | null = record;
  for (const step of steps) {
    now = step.map(now, (change) => changes.push(change));
    if (now === null) return null;
  }
  if (changes.length > 0) noteChanges(now, changes);
  return now;
}

function badMapper(stream: string, issues: readonly Issue[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_mapper',
    message: `The mappers of stream ${stream} can’t be used: ${issues.map(({ message }) => message).join(' ')}`,
    hint: 'Correct them in the connection.',
    issues,
    where: { stream },
  });
}
