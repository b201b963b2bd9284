import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { WeirError } from '#lib/errors.ts';
import { language } from '#lib/extract/kinds.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import type { ManifestIssue } from '#lib/manifest/issue.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';

/** Where a config may carry its manifest, as Airbyte's image without a connector of its own takes it. */
const INJECTED = '__injected_declarative_manifest';

/** The files that options name. */
export interface InputFiles {
  readonly manifest?: string | undefined;
  readonly config?: string | undefined;
}

/** The manifest: the file's, else the one that the config carries. @throws WeirError with its first error */
export function manifestOf({ manifest, config }: InputFiles): Manifest {
  if (manifest !== undefined) return parsed(textFile(manifest), manifest, `weir validate --manifest ${manifest}`);
  const injected = config === undefined ? undefined : object(jsonFile(config), '--config')[INJECTED];
  if (isJsonObject(needed(injected, '--manifest')))
    return parsed(stringifyJson(injected, 2), `${INJECTED} of ${config}`);
  throw new WeirError({ kind: 'config', code: 'bad_json', message: `${INJECTED} takes a manifest as a JSON object.` });
}

/** The config without the manifest that it may carry, and how a changed one is written: with that manifest. */
export function configOf({ config }: Pick<InputFiles, 'config'>): {
  config: JsonObject;
  whole: (changed: JsonObject) => JsonObject;
} {
  const { [INJECTED]: manifest, ...own } = object(jsonFile(needed(config, '--config')), '--config');
  return { config: own, whole: (changed) => ({ ...changed, ...(manifest !== undefined && { [INJECTED]: manifest }) }) };
}

export function issuesOf(file: string): readonly ManifestIssue[] {
  return parseManifest(textFile(file), language).issues;
}

function parsed(text: string, name: string, all?: string): Manifest {
  const { issues, manifest } = parseManifest(text, language);
  if (manifest) return manifest;
  const first = issues.find(({ severity }) => severity === 'error');
  throw new WeirError({
    kind: 'config',
    code: 'invalid_manifest',
    message: `${name} is no valid manifest: line ${first?.line}: ${first?.message}`,
    ...(all && { hint: `All problems: ${all}` }),
  });
}

export function needed<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new WeirError({
    kind: 'config',
    code: 'usage',
    message: `${name} is missing.`,
    hint: 'weir --help lists the commands.',
  });
}

export function textFile(file: string): string {
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

export function jsonFile(file: string): JsonValue {
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
export function keepConfig(file: string, config: JsonObject): void {
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, `${stringifyJson(config, 2)}\n`, { mode: statSync(file).mode });
  renameSync(next, file);
}

export function object(value: JsonValue, name: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new WeirError({ kind: 'config', code: 'bad_json', message: `${name} takes a JSON object.` });
}
