import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

export type Path = readonly (string | number)[];

/** Where each value of a resolved tree was written: a `$ref` brings in values from elsewhere. */
export class Origins {
  readonly #paths = new WeakMap<object, Map<string | number, Path>>();
  readonly #own = new WeakMap<object, Path>();

  note(container: object, key: string | number, path: Path): void {
    const known = this.#paths.get(container) ?? new Map<string | number, Path>();
    known.set(key, path);
    this.#paths.set(container, known);
  }

  noteSelf(container: object, path: Path): void {
    this.#own.set(container, path);
  }

  of(container: object, key?: string | number): Path | undefined {
    return key === undefined
      ? this.#own.get(container)
      : (this.#paths.get(container)?.get(key) ?? this.#own.get(container));
  }
}

export interface ReferenceProblem {
  readonly path: Path;
  readonly code: string;
  readonly message: string;
}

const DEEPEST = 200;
/** Values of the resolved tree; references to lists of references would multiply without end. */
const MOST_VALUES = 300_000;
const TOO_MANY = `Its references and aliases make more than ${MOST_VALUES} values of the manifest.`;
const UNUSED_AT_ROOT = ['definitions', 'schemas'];

/**
 * Replaces every `$ref` and every text that begins with `#/` by what it points to. A `$ref` beside other keys is merged
 * shallowly, the keys beside it win. `#/a/b` is looked up as the key `a/b` first; list positions count too.
 */
export function resolveReferences(root: JsonObject): {
  value: JsonObject;
  origins: Origins;
  problems: ReferenceProblem[];
} {
  const origins = new Origins();
  const problems: ReferenceProblem[] = [];
  let values = 0;
  const resolve = (value: JsonValue, path: Path, chain: readonly string[]): { value: JsonValue; path: Path } => {
    values += 1;
    if (values > MOST_VALUES) {
      if (values === MOST_VALUES + 1) problems.push({ path, code: 'too_large', message: TOO_MANY });
      return { value: null, path };
    }
    if (path.length > DEEPEST) {
      problems.push({ path, code: 'too_deep', message: `The manifest is nested deeper than ${DEEPEST}.` });
      return { value: null, path };
    }
    if (typeof value === 'string' && value.startsWith('#/')) return follow(value, path, chain);
    if (Array.isArray(value)) return { value: list(value, path, chain), path };
    return isJsonObject(value) ? { value: object(value, path, chain), path } : { value, path };
  };
  const follow = (reference: string, path: Path, chain: readonly string[]): { value: JsonValue; path: Path } => {
    if (chain.includes(reference)) {
      problems.push({
        path,
        code: 'circular_reference',
        message: `${reference} refers to itself through ${[...chain, reference].join(' → ')}.`,
      });
      return { value: null, path };
    }
    const target = lookUp(root, reference);
    if (!target) {
      problems.push({ path, code: 'unknown_reference', message: `${reference} points to nothing in this manifest.` });
      return { value: null, path };
    }
    return resolve(target.value, target.path, [...chain, reference]);
  };
  const list = (items: readonly JsonValue[], path: Path, chain: readonly string[]): JsonValue[] => {
    const result: JsonValue[] = [];
    origins.noteSelf(result, path);
    items.forEach((item, index) => {
      const resolved = resolve(item, [...path, index], chain);
      origins.note(result, index, [...path, index]);
      result.push(resolved.value);
    });
    return result;
  };
  const object = (value: JsonObject, path: Path, chain: readonly string[]): JsonObject => {
    const result: JsonObject = {};
    origins.noteSelf(result, path);
    if (typeof value.$ref === 'string') {
      const { value: target } = follow(value.$ref, [...path, '$ref'], chain);
      if (isJsonObject(target)) {
        for (const [key, item] of Object.entries(target)) {
          result[key] = item;
          origins.note(result, key, origins.of(target, key) ?? path);
        }
      } else if (Object.keys(value).length === 1) return target as never;
    }
    for (const [key, item] of Object.entries(value)) {
      // Definitions and schemas at the root are looked up where they are used; by themselves they mean nothing.
      if ((key === '$ref' && typeof item === 'string') || (path.length === 0 && UNUSED_AT_ROOT.includes(key))) continue;
      result[key] = resolve(item, [...path, key], chain).value;
      origins.note(result, key, [...path, key]);
    }
    return result;
  };
  return { value: object(root, [], []), origins, problems };
}

function lookUp(root: JsonObject, reference: string): { value: JsonValue; path: Path } | null {
  const parts = reference.slice(2).split('/');
  const walk = (
    value: JsonValue | undefined,
    rest: readonly string[],
    path: Path,
  ): { value: JsonValue; path: Path } | null => {
    if (value === undefined) return null;
    if (rest.length === 0) return { value, path };
    if (Array.isArray(value))
      return /^\d+$/.test(rest[0] ?? '')
        ? walk(value[Number(rest[0])], rest.slice(1), [...path, Number(rest[0])])
        : null;
    if (!isJsonObject(value)) return null;
    for (let length = rest.length; length > 0; length--) {
      const key = rest.slice(0, length).join('/');
      const found = Object.hasOwn(value, key) ? walk(value[key], rest.slice(length), [...path, key]) : null;
      if (found) return found;
    }
    return null;
  };
  return walk(root, parts, []);
}
