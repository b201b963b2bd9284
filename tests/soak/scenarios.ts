import fc from 'fast-check';
import { recordWith, rowWith, SOURCE_FIELDS } from './records.ts';
import type { BucketPlace, Cursor, Death, FieldChoices, GateKind, Mode, Rules, Scenario, Task } from './scenario.ts';

const MODES: readonly Mode[] = [
  { syncMode: 'incremental', destinationSyncMode: 'append_dedup' },
  { syncMode: 'incremental', destinationSyncMode: 'append' },
  { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
  { syncMode: 'full_refresh', destinationSyncMode: 'overwrite_dedup' },
  { syncMode: 'full_refresh', destinationSyncMode: 'append' },
];
const KILL_POINTS = [
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
const MACHINES = 2;

const machine = fc.nat({ max: MACHINES - 1 });

const death = (kills: boolean): fc.Arbitrary<Death> =>
  fc.oneof(
    fc.record({ kind: fc.constant('source' as const), after: fc.nat({ max: 8 }), machine }),
    fc.record({
      ...{ kind: fc.constant('cut' as const), after: fc.nat({ max: 40 }), machine },
      ...{ deliver: fc.boolean(), down: fc.boolean() },
    }),
    fc.record({ kind: fc.constant('cancel' as const), after: fc.nat({ max: 40 }), machine }),
    ...(kills
      ? [
          fc.record({
            ...{ kind: fc.constant('kill' as const), point: fc.constantFrom(...KILL_POINTS), machine },
            nth: fc.integer({ min: 1, max: 3 }),
          }),
        ]
      : []),
  );

/** Mostly the first of these. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const rules: fc.Arbitrary<Rules> = fc.record({
  badValues: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('null' as const, 'quarantine' as const) },
    { weight: 1, arbitrary: fc.constant('fail' as const) },
  ),
  newFields: mostly<Rules['newFields']>('propagate_columns', 'ignore', 'ignore', 'disable', 'propagate_fully'),
  limit: mostly<Rules['limit']>(null, null, { rows: 0 }, { rows: 2 }, { percent: 20 }),
  softDelete: fc.boolean(),
});

/** What leaves rows in quarantine, for syncs that load them again. */
const asideRules: fc.Arbitrary<Rules> = rules.map((some) => ({
  ...some,
  ...{ badValues: 'quarantine', limit: null, newFields: some.newFields === 'disable' ? 'ignore' : some.newFields },
}));

const fields: fc.Arbitrary<FieldChoices> = fc.record({
  twoKeys: fc.boolean(),
  declares: fc.oneof(fc.constant(SOURCE_FIELDS), fc.subarray([...SOURCE_FIELDS])),
  declaresText: fc.boolean(),
  filters: fc.boolean(),
  renames: fc.boolean(),
  hashes: fc.option(fc.constantFrom('a', 'part', 'a b'), { freq: 2 }),
  leavesOut: fc.option(fc.constantFrom('a_b', 'lines', 'naïve'), { freq: 2 }),
  selects: fc.option(fc.subarray([...SOURCE_FIELDS, 'score']), { freq: 2 }),
});

/** What lets files go into the table as they are. */
const plainFields: fc.Arbitrary<FieldChoices> = fc.record({
  twoKeys: fc.boolean(),
  ...{ declares: fc.constant(SOURCE_FIELDS), declaresText: fc.constant(true) },
  ...{ filters: fc.constant(false), renames: fc.constant(false) },
  ...{ hashes: fc.constant(null), leavesOut: fc.constant(null), selects: fc.constant(null) },
});

const bucketPlace: fc.Arbitrary<BucketPlace> = fc.record({
  kind: fc.constant('bucket' as const),
  format: fc.constantFrom('JSONL' as const, 'CSV' as const, 'Parquet' as const),
  compression: fc.constantFrom('No Compression' as const, 'GZIP' as const, 'ZSTD' as const),
  whole: mostly<boolean>(false, true),
  byDay: fc.boolean(),
  codec: mostly<BucketPlace['codec']>('ZSTD', 'UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4'),
  rowGroupMb: fc.constantFrom(1, 128, 1024),
  retention: fc.option(
    fc.record({
      rule: fc.constantFrom('generations' as const, 'age' as const),
      most: fc.constantFrom(1, 2),
      action: fc.constantFrom('delete' as const, 'move' as const),
    }),
    { freq: 2 },
  ),
});

/** Ends of a range, as people write them. */
const ENDS: Readonly<Record<Cursor, fc.Arbitrary<string>>> = {
  instants: fc.integer({ min: 1, max: 9 }).map((day) => `2026-01-0${day}`),
  zones: fc.integer({ min: 1, max: 9 }).map((day) => `2026-01-0${day}T03:00:00Z`),
  numbers: fc.integer({ min: 7, max: 12 }).map(String),
};

/** What the syncs after the first one are asked to do; only what is merged by its key can be filled in. */
function taskIn(cursor: Cursor, { syncMode, destinationSyncMode }: Mode): fc.Arbitrary<Task> {
  const kind = <Kind extends Task['kind']>(name: Kind) => fc.constant(name);
  const backfill = fc.record({
    ...{ kind: kind('backfill'), from: ENDS[cursor] },
    to: fc.option(ENDS[cursor]),
  });
  const mayFill = syncMode === 'incremental' && destinationSyncMode === 'append_dedup';
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: kind('usual') }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('replay') }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('refresh'), keepHistory: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('clear') }) },
    ...(mayFill ? [{ weight: 2, arbitrary: backfill }] : []),
  );
}

export interface Extent {
  /** Processes are killed too. */
  readonly kills: boolean;
  readonly mostSyncs: number;
}

/** Scenarios of all kinds. */
export function scenarios(extent: Extent): fc.Arbitrary<Scenario> {
  return fc
    .record({
      cursor: mostly<Cursor>('instants', 'zones', 'numbers'),
      inFiles: fc.nat({ max: 4 }).map((odd) => odd === 0),
      hasTasks: mostly(true, false),
      place: fc.constantFrom('warehouse' as const, 'warehouse' as const, 'bucket' as const),
    })
    .chain(({ place, ...kind }) =>
      place === 'bucket'
        ? scenariosWith(kind, extent, { place: bucketPlace, modes: MODES.filter(isWithoutKeys) })
        : scenariosWith(kind, extent, { place: fc.constant({ kind: 'warehouse' as const }), modes: MODES }),
    );
}

/** Files know no keys. */
function isWithoutKeys({ destinationSyncMode }: Mode): boolean {
  return !destinationSyncMode.endsWith('_dedup');
}

interface Kind {
  readonly cursor: Cursor;
  readonly inFiles: boolean;
  /** Syncs do other things than the usual, and then are smaller, and some more. */
  readonly hasTasks: boolean;
}

function scenariosWith(
  { cursor, inFiles, hasTasks }: Kind,
  { kills, mostSyncs }: Extent,
  { place, modes }: { place: fc.Arbitrary<Scenario['place']>; modes: readonly Mode[] },
): fc.Arbitrary<Scenario> {
  const record = (inFiles ? rowWith : recordWith)(cursor);
  const pages = fc.array(fc.array(record, { maxLength: 5 }), { minLength: 1, maxLength: hasTasks ? 2 : 3 });
  const syncOf = (task: fc.Arbitrary<Task>, mended: fc.Arbitrary<boolean>) =>
    fc.record({
      ...{ task, mended },
      abandoned: hasTasks ? fc.nat({ max: 4 }).map((odd) => odd === 0) : fc.constant(false),
      slices: fc.array(pages, { minLength: 1, maxLength: hasTasks ? 2 : 3 }),
      slow: fc.boolean(),
      knowsTimes: cursor === 'instants' ? fc.constant(true) : fc.boolean(),
      gate: mostly<GateKind>('none', 'passes', 'aside', 'release', 'discard'),
      deaths: fc.array(death(kills), { maxLength: hasTasks ? 1 : 2 }),
      machine,
    });
  const usual = syncOf(fc.constant({ kind: 'usual' }), fc.constant(false));
  const most = mostSyncs;
  return fc.constantFrom(...modes).chain((mode) =>
    fc.record({
      ...{ cursor: fc.constant(cursor), inFiles: fc.constant(inFiles), mode: fc.constant(mode), place },
      layout: mostly<Scenario['layout']>('direct', 'basic', 'raw'),
      rules: hasTasks ? fc.oneof({ weight: 3, arbitrary: asideRules }, { weight: 1, arbitrary: rules }) : rules,
      fields: inFiles ? fc.oneof(plainFields, fields) : fields,
      watched: fc.nat({ max: 9 }).map((odd) => odd === 0),
      syncs: hasTasks
        ? fc
            .tuple(usual, fc.array(syncOf(taskIn(cursor, mode), fc.boolean()), { minLength: 1, maxLength: most }))
            .map(([first, later]) => [first, ...later])
        : fc.array(usual, { minLength: 1, maxLength: mostSyncs }),
    }),
  );
}
