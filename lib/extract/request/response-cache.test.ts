import { describe, expect, it } from 'vitest';
import type { Answer } from '../families.ts';
import { ResponseCache } from './response-cache.ts';

const request = (url: string) => ({ method: 'GET', url, headers: {} });
const answer = (text: string, status = 200): Answer => ({
  status,
  headers: {},
  body: text,
  raw: Buffer.from(text),
  bytes: text.length,
});

describe('answers of one request', () => {
  it('are asked for once, also by those who ask while the first is on its way', async () => {
    const cache = new ResponseCache();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let asked = 0;
    const ask = () => {
      asked++;
      return promise;
    };
    const both = [cache.once(request('/parents'), ask), cache.once(request('/parents'), ask)];
    resolve(answer('parents'));
    expect(await Promise.all([...both, cache.once(request('/parents'), ask)])).toHaveLength(3);
    expect(asked).toBe(1);
  });

  it('are asked for again where the first try failed or was refused', async () => {
    const cache = new ResponseCache();
    const failed = cache.once(request('/parents'), () => Promise.reject(new Error('no connection')));
    const second = cache.once(request('/parents'), () => Promise.resolve(answer('no', 404)));
    await expect(failed).rejects.toThrow('no connection');
    expect((await second)?.status).toBe(404);
    expect((await cache.once(request('/parents'), () => Promise.resolve(answer('yes'))))?.body).toBe('yes');
  });

  it('belong to whoever reads them: what one changes, no other sees', async () => {
    const cache = new ResponseCache();
    const ask = () => Promise.resolve(answer('{"data":[{"id":1}]}'));
    const first = await cache.once(request('/parents'), ask);
    Object.assign(first?.body ?? {}, { data: 'changed' });
    expect((await cache.once(request('/parents'), ask))?.body).toEqual({ data: [{ id: 1 }] });
  });

  it('go when there are too many, however small, the least used first', async () => {
    // Room for four, with their addresses and headers.
    const cache = new ResponseCache(20_000);
    const get = (name: string) => cache.once(request(name), () => Promise.resolve(answer(`new ${name}`)));
    for (const name of ['a', 'b', 'c', 'd'])
      await cache.once(request(name), () => Promise.resolve(answer(`old ${name}`)));
    await get('a');
    await get('e');
    expect((await get('a'))?.body).toBe('old a');
    expect((await get('b'))?.body).toBe('new b');
  });

  it('hold nothing of the buffer that they came in', async () => {
    const cache = new ResponseCache();
    const raw = Buffer.alloc(65_536, ' ').subarray(0, 10);
    await cache.once(request('/parents'), () => Promise.resolve({ ...answer('{}'), raw }));
    const again = await cache.once(request('/parents'), () => Promise.reject(new Error('asked again')));
    expect(again?.raw.buffer.byteLength).toBe(10);
  });
});
