import { describe, expect } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { type DestinationKind, NO_COUNTS } from './destination.ts';
import { contractOf, type Place } from './fixtures/contract-place.ts';
import { at, attemptOf, customer, customers, idsOf, load } from './fixtures/customers.ts';

/** What becomes of rows that don't fit, or that a check puts aside. */
export function describeQuarantine(kind: DestinationKind, makePlace: () => Promise<Place>): void {
  const { inPlace, attempt, sync, inQuarantine } = contractOf(makePlace);

  describe(`${kind.title}: rows that are put aside`, () => {
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
          expect(await store.clear(connectionId, ['others'])).toBe(0);
          expect(await store.clear(connectionId, ['customers', 'others'])).toBe(2);
          expect(await store.counts(connectionId)).toEqual([]);
        });
      },
    );

    inPlace('rows of slices that are closed together are told by their own', async (place) => {
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(strict);
        const together = { page: 1, closesAs: 'all' };
        await stage.write({ slice: 'a', ...together, records: [customer(1), misfit(2)] });
        await stage.write({ slice: 'b', ...together, records: [misfit(3), customer(4)] });
        const open = await stage.checkpoint({ state: null, openSlices: ['all'], counts: NO_COUNTS });
        expect(open).toMatchObject({ written: 0, quarantined: 0 });
        const saved = await stage.checkpoint({ state: null, openSlices: [], counts: { ...NO_COUNTS, read: 4 } });
        expect(saved).toMatchObject({ written: 2, quarantined: 2 });
        await stage.publish({ complete: true });
      });
      expect(idsOf(await place.rows(strict))).toEqual([1, 4]);
      await inQuarantine(place, async (store) => {
        const listed = await store.list({ connectionId: attemptOf(1).connectionId, limit: 10 });
        expect(listed).toMatchObject([
          { slice: 'b', page: 1, row: 1 },
          { slice: 'a', page: 1, row: 2 },
        ]);
      });
    });

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

    inPlace('a load that is discarded takes what it had put aside with it: all of it is read again', async (place) => {
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(strict);
        await load(stage, [customer(1), misfit(2)], null);
        await stage.discard();
        expect(await place.quarantined(strict)).toEqual([]);
        await load(await run.stage(strict), [customer(1), misfit(2)], null);
      });
      expect(await place.quarantined(strict)).toMatchObject([{ record: { id: 2 } }]);
    });

    inPlace('a replay brings what was put aside, and takes out exactly that', async (place) => {
      await sync(place, 1, strict, [customer(1), misfit(2), misfit(3)], { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const found = await run.replayed?.(strict);
        const records: JsonObject[] = [];
        for await (const page of found?.pages ?? []) records.push(...page.records);
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

    inPlace('records that are large come in pages of a few', async (place) => {
      const large = Array.from({ length: 40 }, (_, index) => ({ ...misfit(index + 1), name: 'x'.repeat(900_000) }));
      await sync(place, 1, strict, large, { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const found = await run.replayed?.(strict);
        const pages: number[] = [];
        for await (const { records } of found?.pages ?? []) pages.push(records.length);
        expect(pages.reduce((sum, records) => sum + records, 0)).toBe(40);
        expect(Math.max(...pages)).toBeLessThan(20);
      });
    });

    inPlace('rows that somebody takes out while they are loaded again are not loaded', async (place) => {
      await sync(place, 1, strict, [customer(1), misfit(2), misfit(3)], { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        const found = await run.replayed?.(strict);
        const stage = await run.stage({ ...strict, replays: { upTo: found?.upTo ?? 0 } });
        await load(stage, [customer(2), customer(3)], { cursor: at(1) });
        await inQuarantine(place, async (store) => {
          const { connectionId } = attemptOf(1);
          const [last] = await store.list({ connectionId, limit: 1 });
          expect(await store.remove(connectionId, [last?.id ?? 0])).toBe(1);
        });
        await expect(stage.publish({ complete: true })).rejects.toMatchObject({ code: 'quarantine_changed' });
      });
      expect(idsOf(await place.rows(strict))).toEqual([1]);
      expect((await place.quarantined(strict)).map(({ record }) => record.id)).toEqual([2]);
    });

    inPlace('what a sync put aside that was never published goes once the stream is read again', async (place) => {
      await sync(place, 1, strict, [customer(1), misfit(2)], { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        await load(await run.stage(strict), [misfit(3)], { cursor: at(2) });
      });
      expect((await place.quarantined(strict)).map(({ record }) => record.id).toSorted()).toEqual([2, 3]);
      await sync(place, 3, strict, [misfit(3), customer(4)], { cursor: at(2) });
      await inQuarantine(place, async (store) => {
        const listed = await store.list({ connectionId: attemptOf(1).connectionId, limit: 9 });
        expect(listed.map(({ syncId, record }) => [syncId, JSON.parse(record).id])).toEqual([
          [3, 3],
          [1, 2],
        ]);
      });
    });

    inPlace('a replay leaves out what is read again because it was never published', async (place) => {
      await sync(place, 1, strict, [customer(1), misfit(2)], { cursor: at(1) });
      await attempt(place, attemptOf(2, 2), async (run) => {
        await load(await run.stage(strict), [misfit(3)], { cursor: at(2) });
      });
      await attempt(place, attemptOf(3, 3), async (run) => {
        const found = await run.replayed?.(strict);
        const records: JsonObject[] = [];
        for await (const page of found?.pages ?? []) records.push(...page.records);
        expect(records).toEqual([misfit(2)]);
        expect(found?.comeAgain).toBe(1);
        const stage = await run.stage({ ...strict, replays: { upTo: found?.upTo ?? 0 } });
        await load(stage, [customer(2)], { cursor: at(1) });
        await stage.publish({ complete: true });
      });
      expect(await place.quarantined(strict)).toEqual([]);
    });

    inPlace('of parts that were published all that was put aside stays', async (place) => {
      await attempt(place, attemptOf(1), async (run) => {
        const stage = await run.stage(strict);
        await load(stage, [customer(1), misfit(2)], { cursor: at(1) });
        await stage.publish({ complete: false });
        await load(stage, [misfit(3)], { cursor: at(2) }, 's2');
      });
      await sync(place, 2, strict, [misfit(3), customer(4)], { cursor: at(2) });
      expect((await place.quarantined(strict)).map(({ record }) => record.id).toSorted()).toEqual([2, 3]);
    });

    inPlace('a full refresh that is published takes away what those before it put aside', async (place) => {
      const replacing = customers('overwrite', { badValues: 'quarantine' });
      await sync(place, 1, replacing, [customer(1), misfit(2), misfit(3)], null);
      await attempt(place, attemptOf(2, 2), async (run) => {
        await load(await run.stage(replacing), [customer(1)], null);
      });
      expect(await place.quarantined(replacing)).toHaveLength(2);
      await sync(place, 3, replacing, [customer(1), customer(2), misfit(3)], null);
      await inQuarantine(place, async (store) => {
        const listed = await store.list({ connectionId: attemptOf(1).connectionId, limit: 9 });
        expect(listed.map(({ syncId, record }) => [syncId, JSON.parse(record).id])).toEqual([[3, 3]]);
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
        expect(await stage.setAside(conditions)).toMatchObject({ read: 4, written: 2, quarantined: 2, checked: 2 });
      });
      await attempt(place, attemptOf(2), async (run) => {
        const stage = await run.stage(stream);
        expect(stage.resumed?.counts).toMatchObject({ read: 4, written: 2, quarantined: 2 });
        expect(await stage.setAside(conditions)).toMatchObject({ written: 2, quarantined: 2, checked: 2 });
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
        for await (const page of found?.pages ?? []) records.push(...page.records);
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
  });
}
