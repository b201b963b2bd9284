import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { interpolate, printed } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from './scope.ts';

/** Templates of one stream that are shown; more would be no help. */
const MOST_TEMPLATES = 500;
const LONGEST = 80;

/** What a test saw last: what templates would look at next. */
export interface Seen {
  readonly response: JsonValue;
  readonly headers: Readonly<Record<string, string>>;
  readonly record: JsonObject | null;
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

/** What the templates of a stream's component come to by what was seen last; those that look at something else are left out. */
export function previewTemplates(
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
      const text = printed(interpolate(template, scope));
      return [{ template, value: text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text }];
    } catch {
      return [];
    }
  });
}

function templatesIn(value: JsonValue, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    if (/\{\{|\{%/.test(value)) found.add(value);
  } else if (Array.isArray(value)) for (const item of value) templatesIn(item, found);
  else if (isJsonObject(value)) for (const item of Object.values(value)) templatesIn(item, found);
  return found;
}
