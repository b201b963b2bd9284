import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { formatDatetime, parseDatetime } from '#lib/manifest/datetime/format.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { Cursor, Stretch } from '../families.ts';
import { datetimeBasedCursor } from './datetime-based-cursor.ts';

const NOW = new Date('2026-03-01T12:00:00Z');

/** The cursor alone; request options stand for themselves. */
function cursorOf(component: JsonObject, config: JsonObject = {}): Cursor {
  const build = {
    config,
    now: () => NOW,
    create: (option: JsonObject) => ({
      parts: (value: unknown) => ({ params: { [String(option.field_name)]: value } }),
    }),
  } as unknown as Build;
  return datetimeBasedCursor.create({ cursor_field: 'at', datetime_format: '%Y-%m-%d', ...component }, build);
}

const slices = (component: JsonObject, state: JsonObject | null = null, config: JsonObject = {}) =>
  [...cursorOf(component, config).track(state).stretches()].map(({ cursor }) => Object.values(cursor).join('..'));

interface Vector {
  readonly cursor: JsonObject;
  readonly state: JsonObject;
  readonly before: JsonObject;
  readonly steps: readonly { slice: JsonObject; records: JsonObject[]; synced: boolean[]; state: JsonObject }[];
}

describe('as the CDK answers', () => {
  // Asked of version 7.39.1 with random cursors, states and records.
  const vectors = JSON.parse(readFileSync(path.join(import.meta.dirname, 'vectors.json'), 'utf8')) as Vector[];

  test(`${vectors.length} cases`, () => {
    for (const vector of vectors) expect({ ...vector, ...replayed(vector) }).toEqual(vector);
  });
});

function replayed({ cursor, state, steps }: Vector): Pick<Vector, 'before' | 'steps'> {
  const track = cursorOf(cursor).track(state);
  const before = track.state;
  const taken = [...track.stretches()].map((stretch, index) => {
    const records = steps[index]?.records ?? [];
    for (const record of records) track.observe(record, stretch);
    const synced = records.map((record) => track.isNew(record));
    track.close(stretch);
    return { slice: stretch.cursor as JsonObject, records, synced, state: track.state };
  });
  return { before, steps: taken };
}

describe('slices', () => {
  const january = { start_datetime: '2026-01-01', end_datetime: '2026-01-31' };

  test('all but the last end a granularity before the next', () => {
    expect(slices({ ...january, step: 'P10D', cursor_granularity: 'P1D' })).toEqual([
      '2026-01-01..2026-01-10',
      '2026-01-11..2026-01-20',
      '2026-01-21..2026-01-31',
    ]);
  });

  test('without a step there is one; without an end it is now', () => {
    expect(slices(january)).toEqual(['2026-01-01..2026-01-31']);
    expect(slices({ start_datetime: '2026-01-01' })).toEqual(['2026-01-01..2026-03-01']);
  });

  test('step, look-back and dates may be templates', () => {
    const component = {
      start_datetime: { datetime: '{{ config.from }}', min_datetime: '2026-01-01', datetime_format: '%d.%m.%Y' },
      end_datetime: "{{ now_utc().strftime('%Y-%m-%d') }}",
      step: 'P{{ config.days }}D',
      cursor_granularity: 'P1D',
    };
    expect(
      slices({ ...component, start_datetime: '{{ config.from }}' }, null, { from: '2026-02-20', days: 5 }),
    ).toEqual(['2026-02-20..2026-02-24', '2026-02-25..2026-03-01']);
  });

  test('their names are those of the manifest', () => {
    const component = { ...january, partition_field_start: 'since', partition_field_end: 'until' };
    const [stretch] = cursorOf(component).track(null).stretches();
    expect(stretch?.cursor).toEqual({ since: '2026-01-01', until: '2026-01-31' });
  });

  test('they go into the request where the options say', () => {
    const cursor = cursorOf({
      ...january,
      start_time_option: { field_name: 'from' },
      end_time_option: { field_name: 'to' },
    });
    const [stretch] = cursor.track(null).stretches();
    expect(cursor.parts({ partition: {}, cursor: stretch?.cursor ?? {}, extra: {} }).params).toEqual({
      from: '2026-01-01',
      to: '2026-01-31',
    });
  });

  test('a state at the end leaves a last day to read, unless equal ends are refused', () => {
    const component = { ...january, step: 'P10D', cursor_granularity: 'P1D' };
    expect(slices(component, { at: '2026-01-31' })).toEqual(['2026-01-31..2026-01-31']);
    expect(slices({ ...component, is_compare_strictly: true }, { at: '2026-01-31' })).toEqual([]);
    expect(slices(january, { at: '2026-01-31' })).toEqual([]);
  });

  test('a step of a second over years is refused, not read', () => {
    const second = {
      start_datetime: '2020-01-01',
      step: 'PT1S',
      cursor_granularity: 'PT1S',
      datetime_format: '%Y-%m-%d',
    };
    expect(() => slices(second)).toThrow(/more than 100000 slices/);
  });
});

describe('the state', () => {
  const daily = { start_datetime: '2026-01-01', end_datetime: '2026-01-04', step: 'P1D', cursor_granularity: 'P1D' };

  test('is read in any of the formats, and written in the first', () => {
    const component = {
      ...daily,
      cursor_datetime_formats: ['%Y-%m-%dT%H:%M:%SZ', '%s'],
      lookback_window: 'P1D',
    };
    expect(slices(component, { at: '2026-01-03T00:00:00Z' })).toEqual(slices(component, { at: '2026-01-03' }));
    expect(cursorOf(component).track({ at: 1767398400 }).state).toEqual({ at: '2026-01-03' });
  });

  test('of a format that nobody knows is an error that says so', () => {
    expect(() => cursorOf(daily).track({ at: '3 January' })).toThrow(/does not fit %Y-%m-%d/);
  });

  test('waits at the end of what is closed, though a record came from beyond', () => {
    const track = cursorOf(daily).track(null);
    const [first, second, third] = [...track.stretches()] as [Stretch, Stretch, Stretch];
    track.observe({ at: '2026-01-09' }, first);
    track.close(first);
    expect(track.state).toEqual({ at: '2026-01-01' });
    track.close(second);
    expect(track.state).toEqual({ at: '2026-01-02' });
    track.close(third);
    expect(track.state).toEqual({ at: '2026-01-09' });
  });
});

const FORMATS = [
  '%Y-%m-%dT%H:%M:%SZ',
  '%s',
  '%ms',
  '%Y-%m-%dT%H:%M:%S.%f%z',
  '%Y-%m-%d %H:%M:%S',
  '%epoch_microseconds',
];
/** In the words of a manifest, and in microseconds. */
const GRANULARITIES: [string, bigint][] = [
  ['PT1S', 1_000_000n],
  ['PT1M', 60_000_000n],
  ['PT1H', 3_600_000_000n],
  ['P1D', 86_400_000_000n],
];
const settings = fc.record({
  start: fc.integer({ min: 0, max: 1_600_000_000 }),
  seconds: fc.integer({ min: 1, max: 40_000_000 }),
  step: fc.constantFrom('P1D', 'P7D', 'P1M', 'P10D', 'P1Y', 'P3M'),
  granularity: fc.constantFrom(...GRANULARITIES),
  format: fc.constantFrom(...FORMATS),
});
const atSecond = (second: number, format: string) => formatDatetime(new DateTime(BigInt(second) * 1_000_000n), format);

describe('for any range, step, granularity and format', () => {
  test('slices cover the range with no gap and no overlap', () => {
    fc.assert(
      fc.property(settings, ({ start, seconds, step, granularity: [granularity, micros], format }) => {
        const bounds = { start_datetime: atSecond(start, format), end_datetime: atSecond(start + seconds, format) };
        const cursor = cursorOf({ ...bounds, datetime_format: format, step, cursor_granularity: granularity });
        const ranges = [...cursor.track(null).stretches()].map(({ cursor: { start_time: from, end_time: to } }) => [
          parseDatetime(String(from), format).micros,
          parseDatetime(String(to), format).micros,
        ]) as [bigint, bigint][];
        expect(ranges[0]?.[0]).toBe(BigInt(start) * 1_000_000n);
        expect(ranges.at(-1)?.[1]).toBe(BigInt(start + seconds) * 1_000_000n);
        for (const [index, [from]] of ranges.slice(1).entries()) expect(from - (ranges[index]?.[1] ?? 0n)).toBe(micros);
      }),
    );
  });

  test('reading on from any state loses no record', () => {
    const scene = fc.record({
      settings,
      offsets: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
      late: fc.boolean(),
      stopAt: fc.nat(8),
      lookback: fc.constantFrom(null, 'P1D', 'P30D'),
    });
    fc.assert(
      fc.property(scene, ({ settings: chosen, offsets, late, stopAt, lookback }) => {
        const { start, seconds, step, granularity, format } = chosen;
        const cursor = cursorOf({
          ...{ start_datetime: atSecond(start, format), end_datetime: atSecond(start + seconds, format) },
          ...{ datetime_format: format, step, cursor_granularity: granularity[0], lookback_window: lookback },
        });
        const records = offsets.map((offset, id) => {
          const units = BigInt(Math.floor((offset * seconds * 1e6) / Number(granularity[1])));
          const micros = BigInt(start) * 1_000_000n + units * granularity[1];
          return { id, at: formatDatetime(new DateTime(micros), format) };
        });
        const seen = new Set<number>();
        const read = (state: JsonObject | null, most: number): JsonObject => {
          const track = cursor.track(state);
          for (const [index, stretch] of [...track.stretches()].entries()) {
            if (index >= most) break;
            const { start_time: from, end_time: to } = stretch.cursor;
            const [low, high] = [from, to].map((bound) => parseDatetime(String(bound), format).micros) as [
              bigint,
              bigint,
            ];
            for (const record of records) {
              const at = parseDatetime(record.at, format).micros;
              if (at < low || at > high) continue;
              seen.add(record.id);
              track.observe(record, stretch);
            }
            // APIs do send what lies beyond the slice.
            if (late) track.observe({ at: atSecond(start + seconds, format) }, stretch);
            track.close(stretch);
          }
          return track.state;
        };
        read(JSON.parse(JSON.stringify(read(null, stopAt))), Number.POSITIVE_INFINITY);
        expect([...seen].toSorted((a, b) => a - b)).toEqual(records.map(({ id }) => id));
      }),
    );
  });
});
