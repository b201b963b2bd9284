import { describe, expect, test } from 'vitest';
import { testClock } from '#tests/harness/clock.ts';
import { createDemoApi, type DemoApiOptions } from './demo-api.ts';

interface Page {
  data: { id: string; updated: string; mag: number }[];
  items: { date: string; temp_max: number; temp_min: number }[];
  results: { id: number; sensor: string; measured_at: string; value: number }[];
  next: string | null;
  total: number;
  total_pages: number;
}

function demo(options: Partial<DemoApiOptions> = {}) {
  const { fetch } = createDemoApi({ tokens: () => ['secret'], burst: 1_000, ...options });
  const send = (path: string, headers = {}) => fetch(new Request(`http://weir.test/demo${path}`, { headers }));
  const get = async (path: string) => (await (await send(path, { authorization: 'Bearer secret' })).json()) as Page;
  return { send, get };
}

describe('the demo API', () => {
  test('asks for its token', async () => {
    const { send } = demo();
    expect((await send('/api/weather')).status).toBe(401);
    expect((await send('/api/weather', { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await send('/api/weather', { authorization: 'Bearer secret' })).status).toBe(200);
  });

  test('its root names its lists', async () => {
    const endpoints = {
      endpoints: {
        earthquakes: 'http://weir.test/demo/api/earthquakes',
        weather: expect.anything(),
        readings: expect.anything(),
      },
    };
    expect(await demo().get('/api')).toEqual(endpoints);
    expect(await demo().get('/api/')).toEqual(endpoints);
  });

  test('pages by number through the earthquakes, each once', async () => {
    const { get } = demo();
    const first = await get('/api/earthquakes?per_page=500');
    expect(first).toMatchObject({ total: 1_707, total_pages: 4 });
    const rest = await Promise.all([2, 3, 4, 5].map((page) => get(`/api/earthquakes?per_page=500&page=${page}`)));
    expect(rest.at(-1)?.data).toEqual([]);
    expect(new Set([first, ...rest].flatMap(({ data }) => data.map(({ id }) => id))).size).toBe(1_707);
  });

  test('filters by the time of the last update, both ends included', async () => {
    const { get } = demo();
    const { data } = await get('/api/earthquakes?per_page=1000');
    const [from = '', to = ''] = [data[100]?.updated, data[199]?.updated];
    const { total } = await get(`/api/earthquakes?updated_since=${from}&updated_until=${to}`);
    expect(total).toBe(100);
  });

  test('pages by offset through the weather', async () => {
    const { get } = demo();
    const { items, total } = await get('/api/weather?offset=1460&limit=100');
    expect(total).toBe(1_461);
    expect(items).toEqual([
      { date: '2015-12-31', precipitation: 0, temp_max: 5.6, temp_min: -2.1, wind: 3.5, weather: 'sun' },
    ]);
  });

  test('pages by cursor through the readings, which stay between the days’ extremes', async () => {
    const { get } = demo();
    const readings: Page['results'] = [];
    for (let path: string | null = '/api/readings?limit=1000'; path; ) {
      const page: Page = await get(path);
      readings.push(...page.results);
      path = page.next && new URL(page.next).href.replace('http://weir.test/demo', '');
    }
    expect(readings).toHaveLength(70_128);
    expect(new Set(readings.map(({ id }) => id)).size).toBe(70_128);
    const values = readings.filter(({ sensor }) => sensor === 'temperature').map(({ value }) => value);
    expect([Math.min(...values), Math.max(...values)]).toEqual([-7.1, 35.6]);
    expect(readings.at(-1)).toMatchObject({ sensor: 'wind', measured_at: '2015-12-31T23:00:00Z' });
  });

  test('says what is wrong with a request', async () => {
    const { send } = demo();
    const authorization = 'Bearer secret';
    for (const path of ['/api/weather?limit=x', '/api/earthquakes?updated_since=soon', '/api/readings?cursor=x'])
      expect((await send(path, { authorization })).status).toBe(400);
    expect((await send('/api/nothing', { authorization })).status).toBe(404);
  });

  test('takes a burst, then asks to come back in a second', async () => {
    const { clock, move } = testClock();
    const { send } = demo({ clock, burst: 2, perSecond: 1 });
    const status = async () => (await send('/api/weather', { authorization: 'Bearer secret' })).status;
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
    const limited = await send('/api/weather', { authorization: 'Bearer secret' });
    expect(limited.headers.get('retry-after')).toBe('1');
    move(1_000);
    expect([await status(), await status()]).toEqual([200, 429]);
  });
});

describe('the demo files', () => {
  test.each([
    ['earthquakes.csv', 'text/csv; charset=utf-8'],
    ['weather.jsonl', 'application/jsonl'],
    ['weather.parquet', 'application/vnd.apache.parquet'],
  ])('%s, with an ETag', async (name, type) => {
    const { send } = demo();
    const file = await send(`/files/${name}`);
    expect(file.headers.get('content-type')).toBe(type);
    const etag = file.headers.get('etag') ?? '';
    expect((await send(`/files/${name}`, { 'if-none-match': etag })).status).toBe(304);
  });

  test('CSV and JSON lines hold the same rows', async () => {
    const { send } = demo();
    const csv = (await (await send('/files/earthquakes.csv')).text()).trimEnd().split('\n');
    const jsonl = (await (await send('/files/earthquakes.jsonl')).text()).trimEnd().split('\n');
    expect(csv).toHaveLength(jsonl.length + 1);
    expect(csv[0]).toBe(
      'id,time,updated,mag,mag_type,place,type,status,net,felt,cdi,mmi,alert,tsunami,sig,nst,dmin,rms,gap,longitude,latitude,depth_km',
    );
  });

  test('nothing but the files', async () => {
    const { send } = demo();
    for (const name of ['ATTRIBUTION.md', '..%2f..%2fpackage.json', ''])
      expect((await send(`/files/${name}`)).status).toBe(404);
  });
});
