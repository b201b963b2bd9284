import { isJsonObject, type JsonObject, parseJsonOr } from '#lib/json.ts';
import type { Schema } from './schema-form/schema.ts';
import { withoutSecrets } from './schema-form/without-secrets.ts';

/** By connector, for as long as the page is not loaded anew: tokens belong into no storage of the browser. */
const remembered = new Map<string, JsonObject>();

/** Of a connector that is not saved yet. */
const UNSAVED = 'new';

const keyOf = (connectorId: string) => `weir.test-values.${connectorId}`;

/** Keeps what a connector was tested with, so that a source made next starts from it; what is no secret also for this tab. */
export function rememberTestValues(
  connectorId: string | undefined,
  values: JsonObject,
  spec: JsonObject | null | undefined,
): void {
  const id = connectorId ?? UNSAVED;
  remembered.set(id, values);
  if (spec) keep(keyOf(id), withoutSecrets(spec as Schema, values));
}

/** A tab whose storage is full, or has none, forgets them when it is loaded anew. */
function keep(key: string, values: JsonObject): void {
  try {
    globalThis.sessionStorage?.setItem(key, JSON.stringify(values));
  } catch {
    return;
  }
}

/** What the connector was last tested with on this page; empty when nothing is known. */
export function testValuesOf(connectorId: string | undefined): JsonObject {
  return (connectorId && remembered.get(connectorId)) || {};
}

/** After the page was loaded anew: what this tab knows, which has no secrets. Null where the page knows them still, or nothing is known. */
export function keptTestValues(connectorId: string | undefined): JsonObject | null {
  const id = connectorId ?? UNSAVED;
  if (remembered.has(id)) return null;
  const kept = parseJsonOr(tabStorage()?.getItem(keyOf(id)) ?? '', null);
  return isJsonObject(kept) && Object.keys(kept).length > 0 ? kept : null;
}

/** Whoever uses this tab next is somebody else. */
export function forgetTestValues(): void {
  remembered.clear();
  const kept = tabStorage();
  for (const key of Object.keys(kept ?? {})) if (key.startsWith(keyOf(''))) kept?.removeItem(key);
}

/** A connector that is saved now has an id of its own. */
export function forgetUnsavedTestValues(): void {
  remembered.delete(UNSAVED);
  tabStorage()?.removeItem(keyOf(UNSAVED));
}

/** Null where the browser keeps nothing for this page. */
function tabStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
