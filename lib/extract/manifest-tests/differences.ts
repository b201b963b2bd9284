import { isJsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';

/** Longer values are cut where they are told. */
const SHOWN = 160;

type Path = readonly (string | number)[];

/** One place where two values differ. */
export interface Difference {
  readonly path: Path;
  readonly message: string;
}

/** Where `actual` is not what was expected: at the deepest place that says it. */
export function differences(expected: JsonValue, actual: JsonValue | undefined, path: Path = []): Difference[] {
  if (Array.isArray(expected) && Array.isArray(actual)) return ofLists(expected, actual, path);
  if (isJsonObject(expected) && isJsonObject(actual)) {
    const missing = Object.keys(expected).flatMap((key) =>
      differences(expected[key] ?? null, key in actual ? actual[key] : undefined, [...path, key]),
    );
    const extra = Object.keys(actual).filter((key) => !(key in expected));
    return [...missing, ...extra.map((key) => ({ path, message: `${key} is there too: ${shown(actual[key])}` }))];
  }
  if (actual !== undefined && stringifyJson(expected) === stringifyJson(actual)) return [];
  const came = actual === undefined ? 'nothing came' : `${shown(actual)} came`;
  return [{ path, message: `${shown(expected)} was expected, ${came}` }];
}

function ofLists(expected: readonly JsonValue[], actual: readonly JsonValue[], path: Path): Difference[] {
  const found = expected
    .slice(0, actual.length)
    .flatMap((item, index) => differences(item, actual[index], [...path, index]));
  if (expected.length === actual.length) return found;
  return [...found, { path, message: `${expected.length} were expected, ${actual.length} came` }];
}

/** A value in one line. */
export function shown(value: JsonValue | undefined): string {
  const text = stringifyJson(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
