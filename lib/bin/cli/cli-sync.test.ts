import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { messages, shop, TOKEN, weir } from './fixtures/run-cli.ts';

describe('weir plan', () => {
  test('lists slices and first requests, and asks nothing', async () => {
    const { server, file, options } = await shop();
    const { stdout, stderr, code } = await weir('plan', ...options);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n')).toEqual([
      'orders: 1 slice',
      expect.stringMatching(/^ {2}\{"end_time":"[\d-]+","start_time":"2026-01-01"\}$/),
      `    GET ${server.url}/orders`,
      'customers: 1 slice',
      '  all',
      `    GET ${server.url}/customers`,
      '',
    ]);
    const state = [
      { type: 'STREAM', stream: { stream_descriptor: { name: 'orders' }, stream_state: { at: '2026-01-09' } } },
    ];
    writeFileSync(file('state.json'), JSON.stringify(state));
    const later = await weir('plan', ...options, '--state', file('state.json'), '--stream', 'orders', '--json');
    const [plan] = messages(later.stdout);
    expect(plan).toMatchObject({ stream: 'orders', count: 1, unknownUntil: null });
    expect(later.stdout).toContain('2026-01-09');
    expect(later.stdout).not.toContain(TOKEN);
    expect(server.connections()).toBe(0);
  });

  test('a stream that is not there is said in its line', async () => {
    const { options } = await shop();
    const { stdout } = await weir('plan', ...options, '--stream', 'nope');
    expect(stdout).toBe('nope: The manifest has no stream named nope any more.\n');
  });
});

describe('weir sync', () => {
  test('loads into a Postgres, and goes on from there', async () => {
    const { options, server } = await shop();
    const { url, query } = await testDatabase();
    const first = await weir('sync', ...options, '--to', `${url}?schema=shop`);
    expect(first).toMatchObject({ stderr: '', code: 0 });
    expect(first.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^orders: 1 read = 0 filtered \+ 0 quarantined \+ 1 staged; 1 inserted, 0 updated/),
        expect.stringMatching(/^customers: .*1 inserted/),
      ]),
    );
    server.on('/orders', [
      {
        body: {
          data: [
            { id: 2, at: '2026-01-03' },
            { id: 3, at: '2026-01-04' },
          ],
        },
      },
    ]);
    expect(await weir('sync', ...options, '--to', `${url}?schema=shop`)).toMatchObject({ code: 0 });
    expect(await query('select id::text, total::text from shop.orders order by id')).toEqual([
      { id: '2', total: null },
      { id: '3', total: null },
      { id: '9007199254740993', total: '1.5' },
    ]);
    expect(await query('select name from shop.customers')).toEqual([{ name: 'Ann' }]);
  });

  test('a stream that fails ends with 1, and the others are loaded', async () => {
    const { options } = await shop({ '/orders': [{ status: 404 }] });
    const { url, query } = await testDatabase();
    const { stdout, code } = await weir('sync', ...options, '--to', url);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^orders: failed\. 127\.0\.0\.1:\d+ answered 404.*There is nothing at this address/m);
    expect(await query('select name from public.customers')).toEqual([{ name: 'Ann' }]);
  });

  test('chooses streams, and refuses those that are not there', async () => {
    const { options } = await shop();
    const { url, query } = await testDatabase();
    expect(await weir('sync', ...options, '--to', url, '--stream', 'customers')).toMatchObject({ code: 0 });
    const tables = "select table_name as name from information_schema.tables where table_schema = 'public'";
    expect(await query(tables)).toEqual([{ name: 'customers' }]);
    const wrong = await weir('sync', ...options, '--to', url, '--stream', 'custmers');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toBe('There is no stream named custmers. Streams: orders, customers.\n');
  });

  test('a destination that is no Postgres, or not there: one line without the password', async () => {
    const { options } = await shop();
    const [kind, gone] = await Promise.all([
      weir('sync', ...options, '--to', 'mysql://ann:pa55word@127.0.0.1/shop'),
      weir('sync', ...options, '--to', 'postgres://ann:pa55word@127.0.0.1:1/shop'),
    ]);
    expect(kind).toMatchObject({ code: 1, stderr: expect.stringMatching(/^--to takes the address of a Postgres\./) });
    expect(gone.code).toBe(1);
    expect(gone.stdout + gone.stderr).toMatch(/127\.0\.0\.1:1/);
    expect(gone.stdout + gone.stderr).not.toContain('pa55word');
  });
});
