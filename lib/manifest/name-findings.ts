import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { ManifestStream } from './manifest.ts';
import type { Path } from './resolve-references.ts';
import { nearest } from './template/template-error.ts';
import type { Finding } from './validate.ts';

interface Names {
  readonly streams: readonly ManifestStream[];
  /** Names of the templates that make streams. */
  readonly templates: readonly string[];
  readonly source: JsonObject;
  readonly pathOf: (container: object, key?: string | number) => Path;
}

/** What is wrong with the names of streams: missing ones, two that are equal, and those that a check calls in vain. */
export function nameFindings(names: Names): Finding[] {
  const { streams, pathOf } = names;
  const always = streams.filter(({ condition, name }) => condition === undefined && name !== '');
  const twice = always.filter(({ name }, index) => always.findIndex((other) => other.name === name) < index);
  return [
    // The others are told by their kind that a name is missing.
    ...streams
      .filter(({ name, refused }) => name === '' && refused !== undefined)
      .map(({ component }) => finding('missing_field', 'A stream needs a name.', pathOf(component))),
    ...twice.map(({ name, component }) =>
      finding('duplicate_stream', `There are two streams named ${name}.`, pathOf(component, 'name')),
    ),
    ...checkFindings(names),
  ];
}

function checkFindings({ streams, templates, source, pathOf }: Names): Finding[] {
  const check = isJsonObject(source.check) ? source.check : {};
  const names = streams.map(({ name }) => name);
  const called = listOf(check.stream_names);
  const counted = listOf(check.dynamic_streams_check_configs).filter(isJsonObject);
  return [
    // Streams that a template makes are known only later.
    ...(templates.length > 0 ? [] : called).flatMap((entry, index) =>
      unknown('the stream', String(entry), names, pathOf(called, index)),
    ),
    ...counted.flatMap((entry) => {
      const { dynamic_stream_name: name } = entry;
      if (typeof name !== 'string') return [];
      return unknown('the dynamic stream', name, templates, pathOf(entry, 'dynamic_stream_name'));
    }),
  ];
}

function unknown(noun: string, name: string, known: readonly string[], path: Path): Finding[] {
  if (known.includes(name)) return [];
  const near = nearest(name, known);
  const hint = near ? `Did you mean ${near}?` : `There is: ${known.join(', ') || 'none'}.`;
  // A check that fails takes nothing from the streams that are there.
  const message = `check names ${noun} ${name}, which is not declared: it fails.`;
  const unknownStream = finding('unknown_stream', message, path, hint);
  return [{ ...unknownStream, severity: 'warning', ...(near && { fix: { replace: near } }) }];
}

function finding(code: string, message: string, path: Path, hint?: string): Finding {
  return { severity: 'error', code, message, path, ...(hint && { hint }) };
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
