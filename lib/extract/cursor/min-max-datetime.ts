import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { parseDatetime } from '#lib/manifest/datetime/format.ts';
import { parseIso } from '#lib/manifest/datetime/iso.ts';
import { type Build, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateString, printed } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

export const minMaxDatetime = defineKind<null>({
  name: 'MinMaxDatetime',
  family: 'datetime_bound',
  docs: 'A date, kept between two others.',
  example: `type: MinMaxDatetime\ndatetime: "{{ config['start_date'] }}"\ndatetime_format: "%Y-%m-%d"\n`,
  fields: {
    datetime: template('The date.', [], { required: true }),
    datetime_format: template("How it is written; the cursor's format when absent."),
    min_datetime: template('Not before this.'),
    max_datetime: template('Not after this.'),
  },
  create: () => null,
});

/** The date of a text or a MinMaxDatetime. @throws WeirError `bad_date` that names the field */
export function boundOf(
  value: JsonValue,
  field: string,
  format: string,
  component: JsonObject,
  build: Build,
): DateTime {
  const bound = isJsonObject(value) ? value : null;
  const source = bound ? bound.datetime : value;
  const scope = scopeOf(build, bound ?? component);
  const chosen =
    typeof bound?.datetime_format === 'string' && bound.datetime_format !== '' ? bound.datetime_format : format;
  const read = (text: JsonValue | undefined) =>
    readDate(printed(interpolateString(String(text), scope)), chosen, field);
  const date = read(source);
  const least = bound?.min_datetime ? read(bound.min_datetime) : null;
  const most = bound?.max_datetime ? read(bound.max_datetime) : null;
  const raised = least && least.micros > date.micros ? least : date;
  return most && most.micros < raised.micros ? most : raised;
}

function readDate(text: string, format: string, field: string): DateTime {
  try {
    return parseDatetime(text, format);
  } catch (cause) {
    // What people enter is often ISO though the API's format is another; the CDK reads it so, too.
    const iso = parseIso(text);
    if (iso) return iso.withOffset(iso.offset ?? 0);
    throw new WeirError({
      kind: 'config',
      code: 'bad_date',
      message: `${field} is ${JSON.stringify(text)}, which does not fit the format ${format}.`,
      hint: 'Correct the value in the config, or datetime_format in the manifest.',
      cause,
    });
  }
}
