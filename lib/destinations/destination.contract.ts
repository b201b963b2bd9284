import { describe, expect, test } from 'vitest';
import type { StreamState } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  type AttemptRef,
  type Destination,
  type DestinationKind,
  type Load,
  NO_COUNTS,
  type QuarantineStore,
  type TargetStream,
} from './destination.ts';
import { at, attemptOf, customer, customers, idsOf, load } from './fixtures/customers.ts';

/** What a kind brings to the suite: a place of its own, and eyes that are not its own. */
export interface Place {
  /** Each call stands for a process of its own; local files are shared, as on one machine. */
  open(): Destination;
  /** What a plain reader sees of the stream: one object per row with the data columns only; null when nothing is there. */
  rows(stream: TargetStream): Promise<JsonObject[] | null>;
  /** Rows that were put aside for the stream. */
  quarantined(stream: TargetStream): Promise<{ reason: string; record: JsonObject }[]>;
}

/** What every destination has to hold to, whatever it is made of. */
export function describeDestination(kind: DestinationKind, makePlace: () => Promise<Place>): void {
  const inPlace = (name: string, body: (place: Place) => Promise<void>) =>
    test(name, async () => {
      const place = await makePlace();
      await body(place);
    });

  /** One attempt from begin to close, as one process makes it. */
  const attempt = async <T>(place: Place, ref: AttemptRef, work: (load: Load) => Promise<T>): Promise<T> => {
    const destination = place.open();
    try {
      return await work(await destination.begin(ref));
    } finally {
      await destination.close();
    }
  };

  const sync = (place: Place, fence: number, stream: TargetStream, records: JsonObject[], state: StreamState | null) =>
    attempt(place, attemptOf(fence, fence), async (run) => {
      const stage = await run.stage(stream);
      const counts = await load(stage, records, state);
      return { counts, published: await stage.publish({ complete: true }) };
    });

  const inQuarantine = async (place: Place, work: (store: QuarantineStore) => Promise<void>) => {
    const destination = place.open();
    expect(destination.quarantine).toBeDefined();
    if (destination.quarantine) await work(destination.quarantine);
    await destination.close();
  };

  const stateOf = (place: Place, fence: number, stream: TargetStream) =>
    attempt(place, attemptOf(fence, 99), (run) => run.published(stream));

  describe(`${kind.title} as a destination`, () => {
    inPlace('check passes where it may write', async (place) => {
      const destination = place.open();
      expect(await destination.check()).toMatchObject({ ok: true });
      await destination.close();
    });

    inPlace('knows nothing before the first sync', async (place) => {
      expect(await stateOf(place, 1, customers('append'))).toEqual({ state: null, generation: 0, completed: null });
      expect(await place.rows(customers('append'))).toBeNull();
    });

    for (const mode of kind.supportedModes) {
      inPlace(`${mode}: publishes rows, state and counts together`, async (place) => {
        const stream = customers(mode);
        const { counts, published } = await sync(place, 1, stream, [customer(1), customer(2)], { cursor: at(1) });
        expect(counts).toMatchObject({ read: 2, written: 2, quarantined: 0 });
        expect(published).toMatchObject({ inserted: 2, updated: 0, deleted: 0 });
        expect(published.columns?.map(({ name }) => name)).toEqual(['id', 'name', 'updated_at']);
        expect(idsOf(await place.rows(stream))).toEqual([1, 2]);
        expect(await stateOf(place, 2, stream)).toEqual({ state: { cursor: at(1) }, generation: 1, completed: null });
      });

      inPlace(`${mode}: nothing shows and no state counts before publishing`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (run) => {
          await load(await run.stage(stream), [customer(1)], { cursor: at(1) });
          expect(await place.rows(stream)).toBeNull();
          expect((await run.published(stream)).state).toBeNull();
        });
      });

      inPlace(`${mode}: a new attempt goes on from the checkpoint and drops the rows of open slices`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (run) => {
          const stage = await run.stage(stream);
          await stage.write({ slice: 'closed', page: 1, records: [customer(1), customer(2)] });
          await stage.write({ slice: 'open', page: 1, records: [customer(3)] });
          const counts = { ...NO_COUNTS, read: 2 };
          await stage.checkpoint({ state: { done: ['closed'] }, openSlices: ['open'], counts });
          await stage.write({ slice: 'open', page: 2, records: [customer(4)] });
        });
        await attempt(place, attemptOf(2), async (run) => {
          const stage = await run.stage(stream);
          expect(stage.resumed).toEqual({ state: { done: ['closed'] }, counts: { ...NO_COUNTS, read: 2, written: 2 } });
          const counts = await load(stage, [customer(3), customer(4)], { done: ['closed', 'open'] }, 'open');
          expect(counts).toMatchObject({ read: 4, written: 4 });
          await stage.publish({ complete: true });
        });
        expect(idsOf(await place.rows(stream))).toEqual([1, 2, 3, 4]);
      });

      inPlace(`${mode}: a lost attempt that had published is not repeated`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (run) => {
          const stage = await run.stage(stream);
          await load(stage, [customer(1)], { cursor: at(1) });
          await stage.publish({ complete: true });
        });
        const again = await attempt(place, attemptOf(2), (run) => run.published(stream));
        expect(again.completed).toMatchObject({ counts: { read: 1, written: 1 }, published: { inserted: 1 } });
      });

      inPlace(`${mode}: an older attempt can neither begin nor publish`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (old) => {
          const stage = await old.stage(stream);
          await load(stage, [customer(1)], { cursor: at(1) });
          await attempt(place, attemptOf(2), async (run) => {
            await load(await run.stage(stream), [], { cursor: at(1) }, 's2');
          });
          await expect(stage.publish({ complete: true })).rejects.toMatchObject({ code: 'fenced' });
        });
        await expect(attempt(place, attemptOf(1), async () => undefined)).rejects.toMatchObject({ code: 'fenced' });
        expect(await place.rows(stream)).toBeNull();
      });

      inPlace(`${mode}: discard drops rows and state`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (run) => {
          const stage = await run.stage(stream);
          await load(stage, [customer(1)], { cursor: at(1) });
          await stage.discard();
        });
        await attempt(place, attemptOf(2), async (run) => {
          expect((await run.published(stream)).state).toBeNull();
          expect((await run.stage(stream)).resumed).toBeNull();
        });
        expect(await place.rows(stream)).toBeNull();
      });

      inPlace(`${mode}: an empty sync leaves an empty table and a state`, async (place) => {
        const stream = customers(mode);
        await attempt(place, attemptOf(1), async (run) => {
          const stage = await run.stage(stream);
          await stage.checkpoint({ state: { cursor: null }, openSlices: [], counts: NO_COUNTS });
          expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 0 });
        });
        expect((await place.rows(stream)) ?? []).toEqual([]);
        expect((await stateOf(place, 2, stream)).state).toEqual({ cursor: null });
      });
    }

    inPlace('a stage of another sync is not taken up', async (place) => {
      const stream = customers('append');
      await attempt(place, attemptOf(1, 1), async (run) => {
        await load(await run.stage(stream), [customer(1)], { cursor: at(1) });
      });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const stage = await run.stage(stream);
        expect(stage.resumed).toBeNull();
        await load(stage, [customer(2)], { cursor: at(1) });
        await stage.publish({ complete: true });
      });
      expect(idsOf(await place.rows(stream))).toEqual([2]);
    });

    inPlace('append adds, sync after sync', async (place) => {
      await sync(place, 1, customers('append'), [customer(1)], null);
      await sync(place, 2, customers('append'), [customer(1), customer(2)], null);
      expect(idsOf(await place.rows(customers('append')))).toEqual([1, 1, 2]);
    });

    inPlace('append may publish at every checkpoint, closed slices only', async (place) => {
      const stream = customers('append');
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(stream);
        await stage.write({ slice: 'a', page: 1, records: [customer(1)] });
        await stage.write({ slice: 'b', page: 1, records: [customer(2)] });
        await stage.checkpoint({ state: { done: ['a'] }, openSlices: ['b'], counts: { ...NO_COUNTS, read: 1 } });
        await stage.write({ slice: 'b', page: 2, records: [customer(3)] });
        expect(await stage.publish({ complete: false })).toMatchObject({ inserted: 1 });
        expect(idsOf(await place.rows(stream))).toEqual([1]);
      });
      await attempt(place, attemptOf(2), async (run) => {
        expect(await run.published(stream)).toMatchObject({ state: { done: ['a'] }, completed: null });
        const stage = await run.stage(stream);
        expect(stage.resumed).toMatchObject({ state: { done: ['a'] }, counts: { read: 1, written: 1 } });
        await stage.write({ slice: 'b', page: 1, records: [customer(2), customer(3)] });
        const counts = await stage.checkpoint({
          state: { done: ['a', 'b'] },
          openSlices: [],
          counts: { ...NO_COUNTS, read: 3 },
        });
        expect(counts).toMatchObject({ read: 3, written: 3 });
        await stage.publish({ complete: true });
      });
      expect(idsOf(await place.rows(stream))).toEqual([1, 2, 3]);
    });

    inPlace('overwrite replaces everything, and a reader sees the old rows until then', async (place) => {
      const first = customers('overwrite');
      await sync(place, 1, first, [customer(1), customer(2)], null);
      await attempt(place, attemptOf(2, 2), async (run) => {
        const stage = await run.stage({ ...first, generation: 2, emittedAt: new Date('2026-11-25T12:00:00Z') });
        await load(stage, [customer(3)], null);
        expect(idsOf(await place.rows(first))).toEqual([1, 2]);
        expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 1, deleted: 2, rows: 1 });
      });
      expect(idsOf(await place.rows(first))).toEqual([3]);
      expect((await stateOf(place, 3, first)).generation).toBe(2);
    });

    inPlace('numbers keep their digits; values that do not fit become null', async (place) => {
      const stream = customers('append');
      const records: JsonObject[] = [
        { id: 9_007_199_254_740_993n, name: 'big', updated_at: at(1), extra: 'new column' },
        { id: 2, name: 'bad date', updated_at: '0000-00-00' },
        { id: 3, name: 'nul \u0000 and half \ud83d', updated_at: at(2) },
      ];
      await sync(place, 1, stream, records, null);
      const rows = (await place.rows(stream)) ?? [];
      const byName = (name: string) => rows.find((row) => String(row.name).startsWith(name));
      expect(String(byName('big')?.id)).toBe('9007199254740993');
      expect(byName('big')?.extra).toBe('new column');
      expect(byName('bad')?.updated_at).toBeNull();
      expect(byName('nul')?.name).toBe('nul \ufffd and half \ufffd');
    });

    const misfit = (id: number): JsonObject => ({ id, name: `c${id}`, updated_at: 'never' });
    const strict = customers('append', { badValues: 'quarantine' });

    inPlace(
      'rows with values that do not fit are put aside where the connection says so, with their place',
      async (place) => {
        const { counts } = await attempt(place, attemptOf(1), async (run) => {
          const stage = await run.stage(strict);
          await stage.write({ slice: 's1', page: 1, records: [customer(1), misfit(2)] });
          await stage.write({ slice: 's1', page: 2, records: [misfit(3), customer(4), misfit(5)] });
          const saved = await stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 5 } });
          await stage.publish({ complete: true });
          return { counts: saved };
        });
        expect(counts).toMatchObject({ read: 5, written: 2, quarantined: 3 });
        expect(idsOf(await place.rows(strict))).toEqual([1, 4]);
        await inQuarantine(place, async (store) => {
          const { connectionId } = attemptOf(1);
          const listed = await store.list({ connectionId, limit: 10 });
          const at = { table: 'customers', syncId: 1, slice: 's1', code: 'bad_value' };
          expect(listed).toMatchObject([
            { ...at, page: 2, row: 3, reason: 'A value does not fit: updated_at (timestamp with timezone).' },
            { ...at, page: 2, row: 1 },
            { ...at, page: 1, row: 2 },
          ]);
          expect(listed.map(({ record }) => JSON.parse(record))).toEqual([misfit(5), misfit(3), misfit(2)]);
          expect(await store.list({ connectionId, limit: 1, before: listed[0]?.id ?? 0 })).toEqual([listed[1]]);
          expect(await store.list({ connectionId, limit: 10, syncId: 2 })).toEqual([]);
          expect(await store.list({ connectionId, limit: 10, table: 'others' })).toEqual([]);
          expect(await store.remove(connectionId, [listed[1]?.id ?? 0])).toBe(1);
          expect(await store.list({ connectionId, limit: 10 })).toEqual([listed[0], listed[2]]);
          expect(await store.counts(connectionId)).toMatchObject([{ table: 'customers', rows: 2 }]);
        });
      },
    );

    inPlace('rows of slices that are read again are put aside once', async (place) => {
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(strict);
        await stage.write({ slice: 'closed', page: 1, records: [misfit(1)] });
        await stage.write({ slice: 'open', page: 1, records: [misfit(2)] });
        await stage.checkpoint({ state: null, openSlices: ['open'], counts: { ...NO_COUNTS, read: 1 } });
        await stage.write({ slice: 'open', page: 2, records: [misfit(3)] });
      });
      expect((await place.quarantined(strict)).map(({ record }) => record)).toContainEqual(misfit(1));
      await attempt(place, attemptOf(2), async (run) => {
        const stage = await run.stage(strict);
        expect(stage.resumed?.counts).toMatchObject({ read: 1, written: 0, quarantined: 1 });
        const counts = await load(stage, [misfit(2), misfit(3)], null, 'open');
        expect(counts).toMatchObject({ read: 3, written: 0, quarantined: 3 });
        await stage.publish({ complete: true });
      });
      expect((await place.quarantined(strict)).map(({ record }) => record.id).toSorted()).toEqual([1, 2, 3]);
    });

    inPlace('an attempt that was fenced off puts nothing aside any more', async (place) => {
      await attempt(place, attemptOf(1), async (old) => {
        const stage = await old.stage(strict);
        await stage.write({ slice: 's1', page: 1, records: [customer(1), misfit(2)] });
        await attempt(place, attemptOf(2), async (run) => {
          await load(await run.stage(strict), [customer(1), misfit(2)], null);
        });
        await stage
          .checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 2 } })
          .catch(() => undefined);
      });
      expect(await place.quarantined(strict)).toMatchObject([{ record: { id: 2 } }]);
    });

    inPlace('what was put aside can be looked at though the sync was never published', async (place) => {
      await attempt(place, attemptOf(1), async (run) => {
        await load(await run.stage(strict), [misfit(1)], null);
      });
      expect(await place.quarantined(strict)).toMatchObject([{ record: { id: 1 } }]);
      expect(await place.rows(strict)).toBeNull();
    });

    inPlace('a replay brings what was put aside, and takes out exactly that', async (place) => {
      await sync(place, 1, strict, [customer(1), misfit(2), misfit(3)], { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const found = await run.replayed?.(strict);
        const records: JsonObject[] = [];
        for await (const page of found?.pages ?? []) records.push(...page);
        expect(records).toEqual([misfit(2), misfit(3)]);
        const stage = await run.stage({ ...strict, replays: { upTo: found?.upTo ?? 0 } });
        expect(await load(stage, [customer(2), misfit(3)], { cursor: at(1) })).toMatchObject({
          written: 1,
          quarantined: 1,
        });
        await stage.publish({ complete: true });
      });
      expect(idsOf(await place.rows(strict))).toEqual([1, 2]);
      expect(await place.quarantined(strict)).toMatchObject([{ record: { id: 3 } }]);
      await inQuarantine(place, async (store) => {
        expect(await store.list({ connectionId: attemptOf(1).connectionId, limit: 9 })).toMatchObject([{ syncId: 2 }]);
      });
    });

    inPlace('staged rows that meet a condition are put aside, whatever attempts are lost', async (place) => {
      const stream = customers('append');
      const conditions = [
        { condition: '"id" > 2', reason: 'id is above 2' },
        { condition: `"id" > 1 and "name" <> 'it''s'`, reason: 'id is above 1' },
      ];
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(stream);
        await load(stage, [customer(1), customer(2), customer(2, 1, "it's"), customer(3)], { cursor: at(1) });
        expect(await stage.setAside(conditions)).toMatchObject({ read: 4, written: 2, quarantined: 2 });
      });
      await attempt(place, attemptOf(2), async (run) => {
        const stage = await run.stage(stream);
        expect(stage.resumed?.counts).toMatchObject({ read: 4, written: 2, quarantined: 2 });
        expect(await stage.setAside(conditions)).toMatchObject({ written: 2, quarantined: 2 });
        expect(await stage.publish({ complete: true })).toMatchObject({ inserted: 2 });
      });
      expect(idsOf(await place.rows(stream))).toEqual([1, 2]);
      const quarantined = await place.quarantined(stream);
      expect(quarantined.map(({ reason, record }) => `${record.id} ${record.name}: ${reason}`).toSorted()).toEqual([
        '2 c2: id is above 1',
        '3 c3: id is above 2',
      ]);
    });

    inPlace('what a check put aside is loaded again as it was', async (place) => {
      const stream = customers('append');
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(stream);
        await load(stage, [customer(1), { ...customer(2), id: 9_007_199_254_740_993n }], null);
        await stage.setAside([{ condition: '"id" > 1', reason: 'id is above 1' }]);
        await stage.publish({ complete: true });
      });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const found = await run.replayed?.(stream);
        const records: JsonObject[] = [];
        for await (const page of found?.pages ?? []) records.push(...page);
        const stage = await run.stage({ ...stream, replays: { upTo: found?.upTo ?? 0 } });
        expect(await load(stage, records, null)).toMatchObject({ written: 1, quarantined: 0 });
        await stage.publish({ complete: true });
      });
      const rows = (await place.rows(stream)) ?? [];
      expect(rows.map(({ id }) => String(id)).toSorted()).toEqual(['1', '9007199254740993']);
      expect(rows.map(({ updated_at }) => String(updated_at))).not.toContain('null');
      expect(await place.quarantined(stream)).toEqual([]);
    });

    inPlace('or fail the stream with slice, page and row', async (place) => {
      const stream = customers('append', { badValues: 'fail' });
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(stream);
        await stage.write({ slice: 's1', page: 1, records: [customer(1)] });
        const refused = stage.write({ slice: 's1', page: 2, records: [customer(2), misfit(3)] });
        await expect(refused).rejects.toMatchObject({ code: 'bad_value', where: { slice: 's1', page: 2, row: 2 } });
      });
      expect(await place.rows(stream)).toBeNull();
    });

    if (!kind.supportedModes.includes('append_dedup')) return;

    inPlace('append_dedup keeps the newest by cursor, then by arrival', async (place) => {
      const stream = customers('append_dedup');
      const first = [customer(1, 5, 'new'), customer(1, 4, 'old'), customer(2, 1, 'first'), customer(2, 1, 'last')];
      await sync(place, 1, stream, first, null);
      const second = [customer(1, 3, 'late'), customer(2, 1, 'again'), customer(3)];
      const { published } = await sync(place, 2, stream, second, null);
      expect(published).toMatchObject({ inserted: 1, updated: 1 });
      const names = (await place.rows(stream))?.map((row) => `${row.id} ${row.name}`).toSorted();
      expect(names).toEqual(['1 new', '2 again', '3 c3']);
    });

    inPlace('rows without a key go to quarantine and count there', async (place) => {
      const stream = customers('append_dedup');
      const { counts } = await sync(
        place,
        1,
        stream,
        [customer(1), { id: null, name: 'nobody', updated_at: at(1) }],
        null,
      );
      expect(counts).toMatchObject({ read: 2, written: 1, quarantined: 1 });
      expect(idsOf(await place.rows(stream))).toEqual([1]);
      expect(await place.quarantined(stream)).toMatchObject([{ record: { name: 'nobody' } }]);
    });

    inPlace('overwrite_dedup leaves one row per key', async (place) => {
      const stream = customers('overwrite_dedup');
      await sync(place, 1, stream, [customer(1, 1), customer(9)], null);
      await sync(place, 2, { ...stream, generation: 2 }, [customer(1, 2, 'b'), customer(1, 1, 'a')], null);
      expect((await place.rows(stream))?.map((row) => `${row.id} ${row.name}`)).toEqual(['1 b']);
    });

    inPlace('a change of mode keeps the rows: append, then dedup, then append', async (place) => {
      await sync(place, 1, customers('append'), [customer(1, 1, 'a'), customer(1, 2, 'b')], null);
      await sync(place, 2, customers('append_dedup'), [customer(2)], null);
      expect((await place.rows(customers('append')))?.map((row) => row.name).toSorted()).toEqual(['b', 'c2']);
      await sync(place, 3, customers('append'), [customer(2)], null);
      expect(idsOf(await place.rows(customers('append')))).toEqual([1, 2, 2]);
    });
  });
}
