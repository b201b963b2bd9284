import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Overview } from '#lib/connections/overview.ts';
import { overviewTeller } from '#lib/connections/overview-change.ts';
import { toWire, type Wire } from '../wire.ts';
import { changedOverview } from './changed-overview.ts';

/** As far as it matters here: rows with an id and something that changes. */
const overviewOf = (connections: readonly { id: string; name: string }[], running: number) =>
  ({ asOf: new Date(0), connections, running }) as unknown as Overview;

const overviews = fc
  .tuple(
    fc.uniqueArray(fc.record({ id: fc.constantFrom(...'abcdef'), name: fc.constantFrom('x', 'y') }), {
      selector: ({ id }) => id,
    }),
    fc.nat(2),
  )
  .map(([rows, running]) => overviewOf(rows, running));

test('a page that takes the changes one after the other shows what the service sees', () => {
  fc.assert(
    fc.property(fc.array(overviews, { minLength: 1, maxLength: 8 }), (steps) => {
      const tell = overviewTeller();
      let page: Wire<Overview> | null = null;
      for (const step of steps) {
        const news = tell(step);
        if (news.event === 'overview') page = toWire(news.data);
        else if (news.event === 'changed') page = page && changedOverview(page, toWire(news.data));
        expect(page).toEqual(toWire(step));
      }
    }),
  );
});

test('one connection that has synced is one row on the way, and nothing new is the time alone', () => {
  const rows = Array.from({ length: 1_000 }, (_, n) => ({ id: String(n), name: 'x' }));
  const tell = overviewTeller();
  tell(overviewOf(rows, 0));
  expect(tell(overviewOf(rows, 0))).toEqual({ event: 'same', data: { asOf: new Date(0) } });
  const one = rows.with(500, { id: '500', name: 'y' });
  expect(tell(overviewOf(one, 0))).toMatchObject({
    event: 'changed',
    data: { changed: [{ id: '500', name: 'y' }], order: null },
  });
});

test('a change of another overview than the page has is not mixed into it', () => {
  const old = toWire(overviewOf([{ id: 'a', name: 'x' }], 0));
  const change = { ...old, connections: undefined, changed: [], order: ['a', 'b'] };
  expect(changedOverview(old, change as never)).toBeNull();
});
