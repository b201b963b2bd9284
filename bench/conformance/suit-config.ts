import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { formatDatetime, parseDatetime } from '#lib/manifest/datetime/format.ts';
import { scope, textOf, type World } from './mock/templates.ts';

const DAY_MICROS = 86_400_000_000n;
const KEY = /\bconfig(?:\[\s*['"](\w+)['"]\s*\]|\.(\w+)\b(?!\s*\()|\.get\(\s*['"](\w+)['"])/;
const HOST = /:\/\/\{\{\s*config(?:\[\s*['"](\w+)['"]\s*\]|\.(\w+))\s*\}\}(.?)/g;

/** Changes texts of the config that the manifest's templates can't use: hosts without a scheme, dates in the cursors' formats. */
export function suitConfig(
  config: JsonObject,
  manifest: JsonObject,
  spec: JsonObject,
  now: Date,
  daysBack: number,
): JsonObject {
  const suited = { ...config };
  const properties = isJsonObject(spec.properties) ? spec.properties : {};
  const world: World = { config: suited, now: () => now };
  visit(manifest, (component) => {
    for (const name of ['url', 'url_base', 'path', 'token_refresh_endpoint', 'login_url'])
      if (typeof component[name] === 'string') suitHosts(component[name], name !== 'path', suited, properties);
    for (const [name, value] of Object.entries(component)) {
      if (name !== 'start_datetime' && name !== 'end_datetime') continue;
      const bound = isJsonObject(value) ? value : { datetime: value };
      const format = bound.datetime_format || component.datetime_format;
      const back = BigInt(name === 'start_datetime' ? daysBack : 1) * DAY_MICROS;
      suitDate(bound, String(format ?? '%Y-%m-%dT%H:%M:%S.%f%z'), back, suited, properties, world);
    }
  });
  return suited;
}

function visit(value: JsonValue, look: (component: JsonObject) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, look);
  if (!isJsonObject(value)) return;
  look(value);
  for (const [key, inner] of Object.entries(value)) if (key !== 'spec' && key !== 'schema') visit(inner, look);
}

function suitHosts(url: string, isWhole: boolean, config: JsonObject, properties: JsonObject): void {
  for (const [, a, b, next] of url.matchAll(HOST)) {
    const key = a ?? b ?? '';
    const value = config[key];
    if (typeof value !== 'string') continue;
    const host = value.replace(/^\w+:\/\//, '').split('/')[0] ?? '';
    const wanted =
      next === '.' ? (host.split('.')[0] ?? '') : host.includes('.') || next === ':' ? host : `${host}.example.com`;
    if (fits(wanted, properties[key])) config[key] = wanted;
  }
  const [, a, b] = isWhole ? (/^\s*\{\{\s*config(?:\[\s*['"](\w+)['"]\s*\]|\.(\w+))\s*\}\}/.exec(url) ?? []) : [];
  const value = config[a ?? b ?? ''];
  if (typeof value !== 'string' || /^https?:\/\//.test(value)) return;
  const wanted = `https://${value.replaceAll(/[^\w.-]/g, '-')}${value.includes('.') ? '' : '.example.com'}`;
  if (fits(wanted, properties[a ?? b ?? ''])) config[a ?? b ?? ''] = wanted;
}

function suitDate(
  bound: JsonObject,
  format: string,
  back: bigint,
  config: JsonObject,
  properties: JsonObject,
  world: World,
): void {
  const source = String(bound.datetime ?? '');
  const [, a, b, c] = KEY.exec(source) ?? [];
  const key = a ?? b ?? c;
  if (key === undefined || isReadable(textOf(source, scope(world, bound)), format)) return;
  const property = properties[key];
  const wanted = formatDatetime(new DateTime(BigInt(world.now().getTime()) * 1000n - back), format);
  if (!fits(wanted, property)) return;
  const types = isJsonObject(property) ? [property.type].flat() : [];
  config[key] = types.includes('integer') || types.includes('number') ? Number(wanted) : wanted;
}

function isReadable(text: string | null, format: string): boolean {
  if (text === null || text === '') return false;
  try {
    parseDatetime(text, format);
    return true;
  } catch {
    return false;
  }
}

export function fits(text: string, property: JsonValue | undefined): boolean {
  if (!isJsonObject(property) || typeof property.pattern !== 'string') return true;
  try {
    return new RegExp(property.pattern, 'u').test(text);
  } catch {
    return true;
  }
}
