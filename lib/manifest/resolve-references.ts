import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Fix } from './issue.ts';
import { nearest } from './template/template-error.ts';

export type Path = readonly (string | number)[];

/** A path from its end: values below one another share what they have in common. */
interface Place {
  readonly above: Place | null;
  readonly key: string | number;
  readonly depth: number;
}

/** Where each value of a resolved tree was written: a `$ref` brings in values from elsewhere. */
export class Origins {
  readonly #own = new Map<object, Place | null>();
  /** Of values that were written elsewhere than below their container. */
  readonly #elsewhere = new Map<object, Map<string | number, Place | null>>();

  noteSelf(container: object, place: Place | null): void {
    this.#own.set(container, place);
  }

  note(container: object, key: string | number, place: Place | null): void {
    const known = this.#elsewhere.get(container) ?? new Map<string | number, Place | null>();
    known.set(key, place);
    this.#elsewhere.set(container, known);
  }

  /** `to` has what `from` had, from the same places. */
  copy(from: object, to: object): void {
    const own = this.#own.get(from);
    if (own !== undefined) this.#own.set(to, own);
    const elsewhere = this.#elsewhere.get(from);
    if (elsewhere) this.#elsewhere.set(to, elsewhere);
  }

  /** Of a value, or of what it has at a key. */
  of(container: object, key?: string | number): Path | undefined {
    const place = this.placeOf(container, key);
    return place === undefined ? undefined : pathOf(place);
  }

  placeOf(container: object, key?: string | number): Place | null | undefined {
    const own = this.#own.get(container);
    if (key === undefined) return own;
    const elsewhere = this.#elsewhere.get(container)?.get(key);
    return elsewhere !== undefined || own === undefined ? elsewhere : below(own, key);
  }
}

function below(above: Place | null, key: string | number): Place {
  return { above, key, depth: (above?.depth ?? 0) + 1 };
}

function pathOf(place: Place | null): Path {
  const path: (string | number)[] = [];
  for (let at = place; at !== null; at = at.above) path.push(at.key);
  return path.reverse();
}

export interface ReferenceProblem {
  readonly path: Path;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: Fix;
}

const DEEPEST = 200;
/** Values of the resolved tree; references to lists of references would multiply without end. */
const MOST_VALUES = 3_000_000;
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
  const resolver = new Resolver(root);
  return { value: resolver.object(root, null, []), origins: resolver.origins, problems: resolver.problems };
}

interface Resolved {
  readonly value: JsonValue;
  /** How many values it stands for. */
  readonly values: number;
}

class Resolver {
  readonly origins = new Origins();
  readonly problems: ReferenceProblem[] = [];
  readonly #root: JsonObject;
  /** What was followed without a problem is the same wherever it is referred to. */
  readonly #followed = new Map<string, Resolved>();
  #values = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  object(value: JsonObject, place: Place | null, chain: readonly string[]): JsonObject {
    const result: JsonObject = {};
    this.origins.noteSelf(result, place);
    if (typeof value.$ref === 'string') {
      const target = this.#follow(value.$ref, below(place, '$ref'), chain);
      if (isJsonObject(target)) {
        for (const [key, item] of Object.entries(target)) {
          result[key] = item;
          this.origins.note(result, key, this.origins.placeOf(target, key) ?? place);
        }
      } else if (Object.keys(value).length === 1) return target as never;
    }
    for (const [key, item] of Object.entries(value)) {
      // Definitions and schemas at the root are looked up where they are used; by themselves they mean nothing.
      if ((key === '$ref' && typeof item === 'string') || (place === null && UNUSED_AT_ROOT.includes(key))) continue;
      const replaced = key in result;
      const at = below(place, key);
      result[key] = this.#resolve(item, at, chain);
      if (replaced) this.origins.note(result, key, at);
    }
    return result;
  }

  #resolve(value: JsonValue, place: Place | null, chain: readonly string[]): JsonValue {
    if (!this.#counts(1, place)) return null;
    if ((place?.depth ?? 0) > DEEPEST) {
      this.#report(place, 'too_deep', `The manifest is nested deeper than ${DEEPEST}.`);
      return null;
    }
    if (typeof value === 'string') return value.startsWith('#/') ? this.#follow(value, place, chain) : value;
    if (Array.isArray(value)) return this.#list(value, place, chain);
    return isJsonObject(value) ? this.object(value, place, chain) : value;
  }

  #list(items: readonly JsonValue[], place: Place | null, chain: readonly string[]): JsonValue[] {
    const result = items.map((item, index) => this.#resolve(item, below(place, index), chain));
    this.origins.noteSelf(result, place);
    return result;
  }

  #follow(reference: string, place: Place | null, chain: readonly string[]): JsonValue {
    const known = this.#followed.get(reference);
    if (known) return this.#counts(known.values, place) ? known.value : null;
    if (chain.includes(reference)) {
      const message = `${reference} refers to itself through ${[...chain, reference].join(' → ')}.`;
      return this.#report(place, 'circular_reference', message);
    }
    const target = lookUp(this.#root, reference);
    if (!target) {
      const near = nearReference(this.#root, reference);
      const message = `${reference} points to nothing in this manifest.`;
      return this.#report(place, 'unknown_reference', message, near);
    }
    const [problems, values] = [this.problems.length, this.#values];
    const written = target.path.reduce<Place | null>((above, key) => below(above, key), null);
    const value = this.#resolve(target.value, written, [...chain, reference]);
    if (this.problems.length === problems) this.#followed.set(reference, { value, values: this.#values - values });
    return value;
  }

  /** False when there are too many; said once. */
  #counts(more: number, place: Place | null): boolean {
    const before = this.#values;
    this.#values += more;
    if (this.#values <= MOST_VALUES) return true;
    if (before <= MOST_VALUES) this.#report(place, 'too_large', TOO_MANY);
    return false;
  }

  #report(place: Place | null, code: string, message: string, near: string | null = null): null {
    const meant = near === null ? {} : { hint: `Did you mean ${near}?`, fix: { replace: near } };
    this.problems.push({ path: pathOf(place), code, message, ...meant });
    return null;
  }
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

/** The reference with the first part that leads nowhere replaced by the name there that is most like it; null when none is. */
function nearReference(root: JsonObject, reference: string): string | null {
  const parts = reference.slice(2).split('/');
  let value: JsonValue | undefined = root;
  for (const [index, part] of parts.entries()) {
    if (isJsonObject(value) && !Object.hasOwn(value, part)) {
      const near = nearest(part, Object.keys(value));
      return near && `#/${[...parts.slice(0, index), near, ...parts.slice(index + 1)].join('/')}`;
    }
    value = isJsonObject(value) ? value[part] : Array.isArray(value) ? value[Number(part)] : undefined;
  }
  return null;
}
