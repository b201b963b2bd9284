import fc from 'fast-check';
import type { DestinationSyncMode, SyncMode } from '#lib/catalog.ts';
import { ExactNumber, type JsonObject, type JsonValue } from '#lib/json.ts';

export const CONNECTION = '50a50a50-0000-4000-8000-000000000001';

/** What a source gives, sync after sync, how it is loaded, and where each attempt is lost. */
export interface Scenario {
  /** Of a warehouse; or a bucket of JSON lines. */
  readonly layout: 'direct' | 'basic' | 'raw' | 'bucket';
  readonly mode: Mode;
  /** What becomes of rows whose `score` is no number. */
  readonly badValues: 'null' | 'quarantine';
  /** How the source writes `at`. */
  readonly cursor: Cursor;
  /** The connection leaves rows with the key `FILTERED_ID` out. */
  readonly filters: boolean;
  readonly syncs: readonly SyncScenario[];
}

export const FILTERED_ID = 3;
export const BAD_SCORE = 'many';

/** Instants in UTC; those and dates, in zones of all kinds; numbers, some of them as text. */
export type Cursor = 'instants' | 'zones' | 'numbers';

export interface Mode {
  readonly syncMode: SyncMode;
  readonly destinationSyncMode: DestinationSyncMode;
}

export interface SyncScenario {
  /** Slices of pages of records. */
  readonly slices: readonly (readonly (readonly JsonObject[])[])[];
  /** The schema says that `at` is a time, or that it is text; of numbers it says nothing. */
  readonly knowsTimes: boolean;
  /** The connection's clock moves on by so much between events: a checkpoint after every slice, or only at the end. */
  readonly slow: boolean;
  readonly deaths: readonly Death[];
}

/** The source breaks off, the way to the database is cut, or the process is killed. */
export type Death =
  | { readonly kind: 'source'; readonly after: number }
  | { readonly kind: 'cut'; readonly after: number; readonly deliver: boolean; readonly down: boolean }
  | { readonly kind: 'kill'; readonly point: string; readonly nth: number };

const MODES: readonly Mode[] = [
  { syncMode: 'incremental', destinationSyncMode: 'append_dedup' },
  { syncMode: 'incremental', destinationSyncMode: 'append' },
  { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
  { syncMode: 'full_refresh', destinationSyncMode: 'overwrite_dedup' },
  { syncMode: 'full_refresh', destinationSyncMode: 'append' },
];
export const KILL_POINTS = [
  'stage.copied',
  'sync.page',
  'checkpoint.saved',
  'sync.checkpoint',
  'sync.read',
  'sync.staged',
  'publish.before_commit',
  'publish.committed',
  'sync.published',
];
/** Names that meet, that the system keeps, that are too long or hold what SQL minds. */
const FIELDS = [
  'a',
  'A',
  'a b',
  'a_b',
  'ctid',
  'naïve',
  '"; drop',
  `${'x'.repeat(70)}1`,
  `${'x'.repeat(70)}2`,
  '_airbyte_raw_id',
];

const digits = fc.stringMatching(/^[1-9]\d{17,40}$/);
const nested = fc.dictionary(fc.constantFrom('k', 'l'), fc.oneof(fc.integer(), fc.string(), fc.boolean()), {
  maxKeys: 2,
});
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom<JsonValue>(null, '', '\\.', '\\N', '\t\n\r', 'a\u0000b', '\ud800', '2026-02-30', '007', 'NaN'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  digits.map((text) => BigInt(text)),
  digits.map((text) => new ExactNumber(`0.${text}`)),
  nested.map((object) => ({ ...object })),
  fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
);
const lines = fc.array(fc.record({ sku: fc.string({ maxLength: 5 }), n: fc.integer() }), {
  minLength: 1,
  maxLength: 3,
});
const day = fc.integer({ min: 1, max: 9 });
const CURSORS: Readonly<Record<Cursor, fc.Arbitrary<JsonValue>>> = {
  instants: day.map((at) => `2026-01-0${at}T00:00:00Z`),
  zones: fc
    .tuple(day, fc.constantFrom('T07:00:00+07:00', ' 00:00:00.000Z', 'T03:00:00Z', '', 'T00:00:00+04:30'))
    .map(([at, time]) => `2026-01-0${at}${time}`),
  numbers: fc.tuple(fc.integer({ min: 7, max: 12 }), fc.boolean()).map(([at, isText]) => (isText ? String(at) : at)),
};
const recordWith = (cursor: Cursor): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.option(CURSORS[cursor], { freq: 8 }),
      fc.uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 4, selector: ([field]) => field }),
      fc.option(lines, { freq: 1 }),
      fc.nat({ max: 19 }),
      fc.oneof({ weight: 4, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant(BAD_SCORE) }),
    )
    .map(([id, at, fields, some, odd, score]) => ({
      id: odd === 0 ? null : id,
      at,
      score,
      ...Object.fromEntries(fields),
      ...(some && { lines: some.map((line) => ({ ...line })) }),
    }));

const death = (kills: boolean): fc.Arbitrary<Death> =>
  fc.oneof(
    fc.record({ kind: fc.constant('source' as const), after: fc.nat({ max: 8 }) }),
    fc.record({
      ...{ kind: fc.constant('cut' as const), after: fc.nat({ max: 40 }) },
      ...{ deliver: fc.boolean(), down: fc.boolean() },
    }),
    ...(kills
      ? [
          fc.record({
            ...{ kind: fc.constant('kill' as const), point: fc.constantFrom(...KILL_POINTS) },
            nth: fc.integer({ min: 1, max: 3 }),
          }),
        ]
      : []),
  );

export function scenarios({ kills }: { kills: boolean }): fc.Arbitrary<Scenario> {
  const of = (cursor: Cursor) => scenariosWith(cursor, kills);
  return fc.oneof(
    { weight: 2, arbitrary: of('instants') },
    { weight: 1, arbitrary: of('zones') },
    { weight: 1, arbitrary: of('numbers') },
  );
}

function scenariosWith(cursor: Cursor, kills: boolean): fc.Arbitrary<Scenario> {
  const pages = fc.array(fc.array(recordWith(cursor), { maxLength: 5 }), { minLength: 1, maxLength: 3 });
  const sync = fc.record({
    slices: fc.array(pages, { minLength: 1, maxLength: 3 }),
    slow: fc.boolean(),
    knowsTimes: cursor === 'instants' ? fc.constant(true) : fc.boolean(),
    deaths: fc.array(death(kills), { maxLength: 2 }),
  });
  const shared = {
    cursor: fc.constant(cursor),
    filters: fc.boolean(),
    syncs: fc.array(sync, { minLength: 1, maxLength: 2 }),
  };
  const warehouse = fc.record({
    layout: fc.constantFrom('direct' as const, 'direct' as const, 'basic' as const, 'raw' as const),
    mode: fc.constantFrom(...MODES),
    badValues: fc.constantFrom('null' as const, 'quarantine' as const),
    ...shared,
  });
  // Files know no keys.
  const bucket = fc.record({
    layout: fc.constant('bucket' as const),
    mode: fc.constantFrom(...MODES.filter(({ destinationSyncMode }) => !destinationSyncMode.endsWith('_dedup'))),
    badValues: fc.constantFrom('null' as const, 'quarantine' as const),
    ...shared,
  });
  return fc.oneof({ weight: 3, arbitrary: warehouse }, { weight: 1, arbitrary: bucket });
}
