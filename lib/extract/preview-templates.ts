import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { interpolate, printed } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from './scope.ts';
import { jsonataValue } from './select/jsonata-limits.ts';

/** Templates of one stream that are shown; more would be no help. */
const MOST_TEMPLATES = 500;
const MOST_EXPRESSIONS = 20;
const LONGEST = 80;

/** What a test saw last: what templates would look at next. */
export interface Seen {
  readonly response: JsonValue;
  readonly headers: Readonly<Record<string, string>>;
  readonly record: JsonObject | null;
  /** The same record as it came. */
  readonly raw: JsonObject | null;
  readonly lastPageSize: number;
  /** Values of the slice's partition. */
  readonly partition: Readonly<Record<string, unknown>>;
}

export interface PreviewedTemplate {
  /** As it stands in the manifest. */
  readonly template: string;
  /** What it comes to, printed and cut at 80 characters. */
  readonly value: string;
}

/**
 * What the templates and JSONata expressions of a stream's component come to by what was seen last; those that look at something else
 * are left out.
 */
export async function previewTemplates(
  component: JsonObject,
  build: Pick<Build, 'config' | 'now'>,
  seen: Seen,
): Promise<PreviewedTemplate[]> {
  return [...templateValues(component, build, seen), ...(await expressionValues(component, seen))];
}

function templateValues(
  component: JsonObject,
  build: Pick<Build, 'config' | 'now'>,
  { response, headers, record, lastPageSize, partition }: Seen,
): PreviewedTemplate[] {
  const variables = {
    ...{ response, headers, record, last_record: record ?? {}, last_page_size: lastPageSize, next_page_token: {} },
    ...{ stream_slice: partition, stream_partition: partition, stream_interval: partition },
  };
  const scope = scopeOf(build, component, variables);
  return [...templatesIn(component)].slice(0, MOST_TEMPLATES).flatMap((template) => {
    try {
      return [{ template, value: cut(printed(interpolate(template, scope))) }];
    } catch {
      return [];
    }
  });
}

/** An extractor's looks at the answer, a filter's and a transformation's at a record. */
async function expressionValues(component: JsonObject, { response, raw }: Seen): Promise<PreviewedTemplate[]> {
  const values: PreviewedTemplate[] = [];
  for (const { type, expression } of [...expressionsIn(component)].slice(0, MOST_EXPRESSIONS)) {
    const input = type === 'JsonataExtractor' ? response : raw;
    const value = await jsonataValue(expression, input).catch(() => undefined);
    if (value !== undefined) values.push({ template: expression, value: cut(stringifyJson(value as JsonValue)) });
  }
  return values;
}

function* expressionsIn(value: JsonValue): Generator<{ type: string; expression: string }> {
  if (Array.isArray(value)) for (const item of value) yield* expressionsIn(item);
  if (!isJsonObject(value)) return;
  const { type, expression } = value;
  if (typeof type === 'string' && type.startsWith('Jsonata') && typeof expression === 'string')
    yield { type, expression };
  for (const item of Object.values(value)) yield* expressionsIn(item);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function templatesIn(value: JsonValue, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    if (/\{\{|\{%/.test(value)) found.add(value);
  } else if (Array.isArray(value)) for (const item of value) templatesIn(item, found);
  else if (isJsonObject(value)) for (const item of Object.values(value)) templatesIn(item, found);
  return found;
}
