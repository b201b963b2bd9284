import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { csv } from './csv.ts';
import type { FileFormat, FormatKind } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { parquet } from './parquet.ts';

export const formatKinds: readonly FormatKind[] = [parquet, jsonLines, csv];

/** The format of a config; Parquet when none is named. */
export function readFormat(given: JsonValue | undefined, issues: Issue[]): FileFormat {
  const options = isJsonObject(given) ? given : {};
  const type = String(options.format_type ?? parquet.type);
  const kind = formatKinds.find((one) => one.type.toLowerCase() === type.toLowerCase());
  if (kind) return kind.read(options, issues);
  const names = formatKinds.map((one) => one.type).join(', ');
  issues.push({ path: 'format.format_type', message: `The format ${type} is not supported; use one of ${names}.` });
  return parquet.read({}, []);
}
