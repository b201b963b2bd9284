import { ExactNumber, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { readDate, readInstant } from './date-time.ts';

/** Values of a text field that are kept to tell a few words from free text. */
const MOST_WORDS = 12;
/** A field is called a choice of words when each came this often on average. */
const REPEATS = 8;
const MOST_DEPTH = 12;
const MOST_FIELDS = 1_000;

type TypeName = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** Takes values one after the other and says what they have in common, as a JSON schema of draft 7. */
export class SchemaGuess {
  readonly #types = new Map<TypeName, number>();
  readonly #formats = new Map<string, number>();
  readonly #words = new Map<string, number>();
  readonly #fields = new Map<string, SchemaGuess>();
  readonly #depth: number;
  #items: SchemaGuess | null = null;
  #count = 0;

  constructor(depth = 0) {
    this.#depth = depth;
  }

  /** Values seen. */
  get count(): number {
    return this.#count;
  }

  add(value: JsonValue): this {
    this.#count++;
    const type = typeName(value);
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    if (typeof value === 'string') this.#addText(value);
    if (this.#depth >= MOST_DEPTH) return this;
    if (Array.isArray(value)) {
      this.#items ??= new SchemaGuess(this.#depth + 1);
      for (const item of value) this.#items.add(item);
    }
    if (isJsonObject(value)) for (const [name, inner] of Object.entries(value)) this.#field(name)?.add(inner);
    return this;
  }

  schema(): JsonObject {
    const types = [...this.#types.keys()].filter((type) => type !== 'integer' || !this.#types.has('number'));
    const named = types.filter((type) => type !== 'null');
    const all = this.#depth === 0 ? named : [...named, 'null'];
    return {
      type: all.length === 1 ? (all[0] ?? 'null') : all,
      ...this.#textKeywords(named),
      ...(this.#types.has('object') && this.#objectKeywords()),
      ...(this.#types.has('array') && { items: this.#items?.schema() ?? {} }),
    };
  }

  #field(name: string): SchemaGuess | null {
    const known = this.#fields.get(name);
    if (known) return known;
    if (this.#fields.size >= MOST_FIELDS) return null;
    const made = new SchemaGuess(this.#depth + 1);
    this.#fields.set(name, made);
    return made;
  }

  #addText(value: string): void {
    const format = formatOf(value);
    if (format) this.#formats.set(format, (this.#formats.get(format) ?? 0) + 1);
    if (this.#words.has(value) || this.#words.size <= MOST_WORDS)
      this.#words.set(value, (this.#words.get(value) ?? 0) + 1);
  }

  #textKeywords(types: readonly string[]): JsonObject {
    if (types.length !== 1 || types[0] !== 'string') return {};
    const texts = this.#types.get('string') ?? 0;
    const [format] = this.#formats;
    if (format?.[1] === texts) return { format: format[0] };
    const isChoice = this.#words.size <= MOST_WORDS && texts >= this.#words.size * REPEATS;
    return isChoice ? { examples: [...this.#words.keys()].toSorted() } : {};
  }

  #objectKeywords(): JsonObject {
    const properties = Object.fromEntries([...this.#fields].map(([name, field]) => [name, field.schema()]));
    return { ...(this.#depth === 0 && { additionalProperties: true }), properties };
  }
}

/** The schema of records: what each field held, with formats; every field may be null. */
export function inferSchema(records: Iterable<JsonObject>): JsonObject {
  const guess = new SchemaGuess();
  for (const record of records) guess.add(record);
  return guess.count === 0 ? { type: 'object', additionalProperties: true, properties: {} } : guess.schema();
}

function typeName(value: JsonValue): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'integer';
  if (value instanceof ExactNumber) return 'number';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'string' ? 'string' : 'object';
}

function formatOf(text: string): string | null {
  if (readDate(text) !== null) return 'date';
  if (text.length > 10 && readInstant(text) !== null) return 'date-time';
  return null;
}
