import { expect, test } from 'vitest';
import { keepingRecorder, stream } from './fixtures/fake-source.ts';
import { tellRetries } from './tell-retries.ts';

const said = 'api.example.com answered 503: down for maintenance.';

test('a request that is sent again stands in the log, with the wait', () => {
  const { recorder, lines } = keepingRecorder();
  const tell = tellRetries(recorder, [stream('orders', 'incremental', 'append')]);
  tell({ stream: 'orders', said, tries: 1, waitMs: 1_000 });
  tell({ stream: 'customers', said, tries: 2, waitMs: 2_500 });
  expect(lines).toEqual([
    'orders: api.example.com answered 503: down for maintenance; asked again in 1 s (try 2).',
    'api.example.com answered 503: down for maintenance; asked again in 2.5 s (try 3).',
  ]);
});

test('an API that limits every page does not fill the log', () => {
  const { recorder, lines } = keepingRecorder();
  const tell = tellRetries(recorder, []);
  for (let page = 0; page < 200; page++) tell({ stream: 'orders', said, tries: 1, waitMs: 1_000 });
  expect(lines).toHaveLength(50);
  expect(lines.at(-1)).toMatch(/More of them are not told of\.$/);
});
