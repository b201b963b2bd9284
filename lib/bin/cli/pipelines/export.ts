import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
 * variable of the environment. What waits for something is written under a name that `weir apply` does not read.
 * @returns the variables that `weir apply` will ask for
 */
export function writeDocuments(
  folder: string,
  things: readonly Exported[],
  waiting: readonly Exported[] = [],
): string[] {
  const variables: string[] = [];
  const used = new Set<string>();
  const write = ({ kind, name, body }: Exported, ending: '' | '.waiting', named: string[]) => {
    const slug = freeSlug(used, kind, name);
    const file = path.join(folder, `${kind}s`, `${slug}.yaml`);
    mkdirSync(path.dirname(file), { recursive: true });
    const shown = withVariables(body, { kind, name: variableName(name), variables: named }) as JsonObject;
    const text = stringify({ kind, name, ...withManifestFile(shown, file, slug) }, { lineWidth: 120 });
    if (ending === '') rmSync(`${file}.waiting`, { force: true });
    writeFileSync(file + ending, text);
  };
  for (const thing of things) write(thing, '', variables);
  for (const thing of waiting) write(thing, '.waiting', []);
  return variables;
}

function withManifestFile(body: JsonObject, file: string, slug: string): JsonObject {
  if (typeof body.manifest !== 'string') return body;
  const manifest = `${slug}.manifest.yaml`;
  writeFileSync(path.join(path.dirname(file), manifest), body.manifest);
  return { ...body, manifest };
}

interface Naming {
  readonly kind: Kind;
  readonly name: string;
  readonly variables: string[];
}

function withVariables(value: JsonValue, naming: Naming): JsonValue {
  const inside = (item: JsonValue, key: string) => withVariables(item, { ...naming, name: `${naming.name}_${key}` });
  if (Array.isArray(value)) return value.map((item, index) => inside(item, String(index)));
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item, variableName(key))]));
  if (value !== MASK) return value;
  const name = freeVariable(naming);
  naming.variables.push(name);
  return `\${env:${name}}`;
}

/** A source and a destination of one name have two passwords. */
function freeVariable({ kind, name, variables }: Naming): string {
  if (!variables.includes(name)) return name;
  const longer = `${kind.toUpperCase()}_${name}`;
  for (let n = 1; ; n++) {
    const free = n === 1 ? longer : `${longer}_${n}`;
    if (!variables.includes(free)) return free;
  }
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
