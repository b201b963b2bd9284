import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MASK } from '#lib/secrets.ts';
import type { Kind } from './documents.ts';

/** What is written of one thing. */
export interface Exported {
  readonly kind: Kind;
  readonly name: string;
  readonly body: JsonObject;
}

/**
 * Writes a folder per kind with a file per thing; manifests lie beside their connectors. A secret becomes the name of a
 * variable of the environment.
 * @returns the variables that `weir apply` will ask for
 */
export function writeDocuments(folder: string, things: readonly Exported[]): string[] {
  const variables: string[] = [];
  const used = new Set<string>();
  for (const { kind, name, body } of things) {
    const slug = freeSlug(used, kind, name);
    const file = path.join(folder, `${kind}s`, `${slug}.yaml`);
    mkdirSync(path.dirname(file), { recursive: true });
    const shown = withVariables(body, variableName(name), variables) as JsonObject;
    writeFileSync(file, stringify({ kind, name, ...withManifestFile(shown, file, slug) }, { lineWidth: 120 }));
  }
  return variables;
}

function withManifestFile(body: JsonObject, file: string, slug: string): JsonObject {
  if (typeof body.manifest !== 'string') return body;
  const manifest = `${slug}.manifest.yaml`;
  writeFileSync(path.join(path.dirname(file), manifest), body.manifest);
  return { ...body, manifest };
}

function withVariables(value: JsonValue, name: string, variables: string[]): JsonValue {
  if (Array.isArray(value)) return value.map((item, index) => withVariables(item, `${name}_${index}`, variables));
  if (isJsonObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withVariables(item, `${name}_${variableName(key)}`, variables)]),
    );
  if (value !== MASK) return value;
  variables.push(name);
  return `\${env:${name}}`;
}

function freeSlug(used: Set<string>, kind: Kind, name: string): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || kind;
  for (let n = 1; ; n++) {
    const slug = n === 1 ? base : `${base}-${n}`;
    if (used.has(`${kind}/${slug}`)) continue;
    used.add(`${kind}/${slug}`);
    return slug;
  }
}

/** `Shop EU` with the field `api_key` is `SHOP_EU_CONFIG_API_KEY`. */
function variableName(text: string): string {
  const name = text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[A-Z]/.test(name) ? name : `X_${name}`;
}
