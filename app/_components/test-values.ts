import type { JsonObject } from '#lib/json.ts';

/** By connector, for as long as the page is not loaded anew: tokens belong into no storage of the browser. */
const remembered = new Map<string, JsonObject>();

/** Keeps what a connector was tested with, so that a source made next starts from it. */
export function rememberTestValues(connectorId: string, values: JsonObject): void {
  remembered.set(connectorId, values);
}

/** What the connector was last tested with on this page; empty when nothing is known. */
export function testValuesOf(connectorId: string | undefined): JsonObject {
  return (connectorId && remembered.get(connectorId)) || {};
}
