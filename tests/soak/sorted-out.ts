import { createHash } from 'node:crypto';
import type { BadValues } from '#lib/catalog.ts';
import { type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { childrenOf, flat, INSIDE } from './flat.ts';
import type { Came, Load } from './given.ts';
import {
  ASIDE_ID,
  BAD_SCORE,
  FILTERED_ID,
  gateOfSync,
  isKeyed,
  isWhole,
  namesOf,
  type Scenario,
  taskOf,
} from './scenario.ts';

const DAY_MS = 24 * 60 * 60_000;

/** A record as the layout has it. */
export interface Laid {
  readonly record: JsonObject;
  readonly lines: readonly JsonObject[];
}

/** The records of a load as mappers leave them: those that go on to the table, and those that don't. */
export interface SortedOut {
  readonly written: readonly Came[];
  /** Put aside as they are read, and by the check that looks at what is staged. */
  readonly refused: readonly Came[];
  readonly failing: readonly Came[];
  /** Both, as they came. */
  readonly aside: readonly Came[];
  readonly filtered: number;
}

/** A row in quarantine, under the sync that put it there last. */
export interface HeldAside extends Came {
  readonly by: number;
  /** By a check, not as it was read. */
  readonly isChecked: boolean;
}

export function sortedOut(scenario: Scenario, load: Load): SortedOut {
  const isReplay = taskOf(scenario, load.sync).kind === 'replay';
  const passing = isReplay ? load.records : load.records.filter((one) => passes(scenario, load.sync, one));
  // Out of quarantine they come as they were put there.
  const mapped = isReplay ? passing : passing.map((one) => ({ ...one, record: mappedRecord(scenario, one.record) }));
  const isRefused = ({ record }: Came) => lacksKey(scenario, record) || isBad(scenario, load.sync, record);
  const isFailing = (one: Came) =>
    !isRefused(one) && gateOfSync(scenario, load.sync) === 'aside' && one.record[namesOf(scenario).id] === ASIDE_ID;
  return {
    refused: mapped.filter(isRefused),
    failing: mapped.filter(isFailing),
    aside: mapped.filter((one) => isRefused(one) || isFailing(one)),
    written: mapped.filter((one) => !isRefused(one) && !isFailing(one)),
    filtered: load.records.length - passing.length,
  };
}

/** What is in quarantine of a load once it is published. */
export function putAside(scenario: Scenario, load: Load): HeldAside[] {
  const { aside, failing } = sortedOut(scenario, load);
  const checked = new Set(failing);
  return aside.map((one) => ({
    ...one,
    record: checked.has(one) ? stagedOf(scenario, one.record) : one.record,
    ...{ by: load.sync, isChecked: checked.has(one) },
  }));
}

/** What is kept of a record that a check puts aside: all that was staged of it. */
function stagedOf(scenario: Scenario, record: JsonObject): JsonObject {
  const isTyped = !isWhole(scenario) && scenario.layout === 'direct';
  return isTyped ? keptOf(scenario, record).record : selected(scenario, record);
}

/** The codes with which a sync may end that was given this; none where it must go through. */
export function endingsOf(scenario: Scenario, load: Load): string[] {
  const { limit, newFields } = scenario.rules;
  const { refused, failing, written } = sortedOut(scenario, load);
  const read = [...refused, ...failing, ...written].map(({ record }) => record);
  // A row without its key is put aside, whatever else is in it.
  const keyed = read.filter((record) => !lacksKey(scenario, record));
  const { rows = Number.POSITIVE_INFINITY, percent = 100 } = limit ?? {};
  // What is loaded again has been counted before.
  const isLimited = taskOf(scenario, load.sync).kind !== 'replay';
  const tooMany = isLimited && (refused.length > rows || 100 * refused.length > percent * load.records.length);
  const decided = gateOfSync(scenario, load.sync) === 'discard' ? ['load_discarded'] : [];
  const isFatal = badValuesOf(scenario, load.sync) === 'fail';
  const endings = [
    ...(isFatal && keyed.some((record) => hasBadScore(scenario, record)) ? ['bad_value'] : []),
    ...(newFields === 'disable' && read.some((record) => hasNewField(scenario, record)) ? ['schema_changed'] : []),
    ...(tooMany ? ['quarantine_limit'] : []),
  ];
  return endings.length > 0 ? endings : decided;
}

/** What is left of a record where fields are selected. */
export function selected(scenario: Scenario, record: JsonObject): JsonObject {
  const { selects } = scenario.fields;
  if (selects === null) return record;
  const kept = new Set([...named(scenario, selects), ...keyOf(scenario), namesOf(scenario).at]);
  return Object.fromEntries(Object.entries(record).filter(([field]) => kept.has(field)));
}

/** What of a record gets into tables. */
export function keptOf(scenario: Scenario, given: JsonObject): Laid {
  const { record, lines } = laid(scenario, given);
  const isKept = (field: string) => scenario.rules.newFields !== 'ignore' || !isNew(scenario, field);
  const entries = Object.entries(record).filter(([field]) => isKept(field));
  return {
    record: Object.fromEntries(
      entries.map(([field, value]) => [field, field === 'score' && value === BAD_SCORE ? null : value]),
    ),
    lines: isKept('lines') ? lines : [],
  };
}

export function keyText(scenario: Scenario, record: JsonObject): string {
  return JSON.stringify(keyOf(scenario).map((field) => String(record[field])));
}

/** How new a record is: by its cursor, where none is older than any. */
export function rankIn(scenario: Scenario, record: JsonObject): number {
  return rankOf(record[namesOf(scenario).at]);
}

/** Numbers as numbers, times as instants, none below all. */
function rankOf(cursor: JsonValue | undefined): number {
  if (cursor === null || cursor === undefined) return Number.NEGATIVE_INFINITY;
  return /^\d+$/.test(String(cursor)) ? Number(cursor) : Date.parse(String(cursor));
}

/** Records that neither the connection's filter leaves out nor the range of a backfill. */
function passes(scenario: Scenario, sync: number, { record }: Came): boolean {
  const task = taskOf(scenario, sync);
  if (scenario.fields.filters && record.id === FILTERED_ID) return false;
  if (task.kind !== 'backfill') return true;
  const rank = rankOf(record.at);
  const last = task.to === null ? Number.POSITIVE_INFINITY : rankOf(task.to);
  // A day is meant to its last moment.
  const isDay = /^\d{4}-\d\d-\d\d$/.test(task.to ?? '');
  return rank >= rankOf(task.from) && (isDay ? rank < last + DAY_MS : rank <= last);
}

function mappedRecord(scenario: Scenario, record: JsonObject): JsonObject {
  const { hashes, leavesOut } = scenario.fields;
  const { id, at } = namesOf(scenario);
  const names: Record<string, string> = { id, at, ...(hashes !== null && { [hashes]: `${hashes}_hashed` }) };
  const entries = Object.entries(record).filter(([field]) => field !== leavesOut);
  return Object.fromEntries(
    entries.map(([field, value]) => [names[field] ?? field, field === hashes ? hashOf(value) : value]),
  );
}

function hashOf(value: JsonValue): JsonValue {
  if (value === null) return null;
  const text = typeof value === 'string' ? value : stringifyJson(value);
  return createHash('sha256').update(text).digest('hex');
}

/** What the fields of the source, as the connection was told them, are called at the destination. */
function named(scenario: Scenario, fields: readonly string[]): Set<string> {
  return new Set(Object.keys(mappedRecord(scenario, Object.fromEntries(fields.map((field) => [field, null])))));
}

function keyOf(scenario: Scenario): string[] {
  return [...named(scenario, scenario.fields.twoKeys ? ['id', 'part'] : ['id'])];
}

function badValuesOf({ rules, syncs }: Scenario, sync: number): BadValues {
  return syncs[sync]?.mended ? 'null' : rules.badValues;
}

function hasBadScore(scenario: Scenario, record: JsonObject): boolean {
  return !isWhole(scenario) && selected(scenario, record).score === BAD_SCORE;
}

function isBad(scenario: Scenario, sync: number, record: JsonObject): boolean {
  return badValuesOf(scenario, sync) === 'quarantine' && hasBadScore(scenario, record);
}

function lacksKey(scenario: Scenario, record: JsonObject): boolean {
  if (!isKeyed(scenario) || isWhole(scenario)) return false;
  return keyOf(scenario).some((field) => (record[field] ?? null) === null);
}

function laid(scenario: Scenario, record: JsonObject): Laid {
  const kept = selected(scenario, record);
  return scenario.layout === 'basic' ? { record: flat(kept), lines: childrenOf(kept) } : { record: kept, lines: [] };
}

/** Of a field that the schema calls text, what moves up out of an object is new. */
function isNew(scenario: Scenario, field: string): boolean {
  const { declares, declaresText } = scenario.fields;
  const [root = '', ...inside] = field.split(INSIDE);
  const known = named(scenario, ['id', 'at', 'score', ...declares]);
  return (!known.has(root) && !keyOf(scenario).includes(root)) || (inside.length > 0 && declaresText);
}

function hasNewField(scenario: Scenario, given: JsonObject): boolean {
  if (isWhole(scenario)) return false;
  const { record, lines } = laid(scenario, given);
  const fields = Object.keys(record).filter((field) => record[field] !== null);
  return [...fields, ...(lines.length > 0 ? ['lines'] : [])].some((field) => isNew(scenario, field));
}
