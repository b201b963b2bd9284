import { describe, expect } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { type DestinationKind, NO_COUNTS } from './destination.ts';
import { contractOf, type Place } from './fixtures/contract-place.ts';
import { at, attemptOf, customer, customers, idsOf, load } from './fixtures/customers.ts';

/** What every destination has to hold to, whatever it is made of. */
export function describeDestination(kind: DestinationKind, makePlace: () => Promise<Place>): void {
  const { inPlace, attempt, sync, stateOf } = contractOf(makePlace);

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

    inPlace(
      'a field that the schema names without a type is not new, whatever the rule for new ones',
      async (place) => {
        const { stream } = customers('append');
        const properties = { ...(stream.jsonSchema.properties as JsonObject), any: {}, nothing: { type: 'null' } };
        const open = { stream: { ...stream, jsonSchema: { type: 'object', properties } } };
        const record = { ...customer(1), any: 'a', nothing: 5 };
        for (const [at, newFields] of (['leave_out', 'refuse'] as const).entries()) {
          await sync(place, at + 1, customers('append', { ...open, newFields }), [{ ...record, id: at }], null);
        }
        expect((await place.rows(customers('append')))?.map(({ any, nothing }) => [any, Number(nothing)])).toEqual([
          ['a', 5],
          ['a', 5],
        ]);
      },
    );

    inPlace('columns that come, widen or are left out are told, and so is what they are called', async (place) => {
      const given = customers('append');
      await sync(place, 1, given, [{ ...customer(1), n: 1, Name: 'x' }], null);
      const { published } = await sync(place, 2, given, [{ ...customer(2), n: 'a', more: true }], null);
      expect(published.schemaChanges?.map(({ change, field }) => `${field}: ${change}`)).toEqual([
        'n: column_widened',
        'more: column_added',
      ]);
      expect(published.names?.columns).toEqual({ Name: expect.stringMatching(/^Name_[0-9a-f]{8}$/) });
      await attempt(place, attemptOf(3, 3), async (run) => {
        const stage = await run.stage({ ...given, newFields: 'leave_out' });
        const { leftOut } = await stage.write({ slice: 's1', page: 1, records: [{ ...customer(3), less: 1 }] });
        expect([...(leftOut ?? [])]).toEqual(['less']);
      });
    });

    if (!kind.supportedModes.includes('append_dedup')) return;

    inPlace('cursors that are text compare as the numbers and instants that they are', async (place) => {
      const stream = customers('append_dedup', { cursorField: ['cursor'] });
      const of = (id: number, cursor: string | number, name: string) => ({ ...customer(id, 1, name), cursor });
      await sync(place, 1, stream, [of(1, 9, 'old'), of(2, '2026-01-01T10:00:00+07:00', 'old')], null);
      const second = [of(1, '10', 'new'), of(2, '2026-01-01T05:00:00Z', 'new'), of(2, '2026-01-01 04:00:00', 'late')];
      await sync(place, 2, stream, second, null);
      expect((await place.rows(stream))?.map(({ name }) => name)).toEqual(['new', 'new']);
    });

    inPlace('keys and cursors that were times and become text go on meeting their own', async (place) => {
      const { stream } = customers('append_dedup');
      const typed = (format: JsonObject) => {
        const properties = { day: { type: 'string', ...format }, at: { type: 'string', ...format } };
        const jsonSchema = { type: 'object', properties };
        const keyed = { primaryKey: [['day']], cursorField: ['at'] };
        return customers('append_dedup', { ...keyed, stream: { ...stream, jsonSchema } });
      };
      const row = (day: number, hour: number, name: string) => ({
        ...{ day: at(day), at: `2026-11-02T0${hour}:00:00.5Z`, name },
      });
      await sync(place, 1, typed({ format: 'date-time' }), [row(1, 5, 'a'), row(2, 5, 'a')], null);
      await sync(place, 2, typed({}), [row(1, 6, 'b'), row(2, 4, 'late')], null);
      const rows = await place.rows(typed({}));
      expect(rows?.map(({ day, name }) => `${day} ${name}`).toSorted()).toEqual([`${at(1)} b`, `${at(2)} a`]);
    });

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
