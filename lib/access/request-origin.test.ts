import { describe, expect, test } from 'vitest';
import { assertOwnOrigin, clientAddress, networkOf, requestOrigin } from './request-origin.ts';

const plain = { publicUrl: null, trustProxy: false };
const request = (url: string, headers: Record<string, string> = {}, method = 'POST') =>
  new Request(url, { method, headers });

describe('the origin that the browser sees', () => {
  test.each([
    ['http://localhost:8000/x', {}, plain, 'http://localhost:8000'],
    ['http://127.0.0.1:8000/x', {}, plain, 'http://127.0.0.1:8000'],
    ['http://192.168.1.20:8000/x', {}, plain, 'http://192.168.1.20:8000'],
    [
      'http://weir.lan/x',
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' },
      plain,
      'http://weir.lan',
    ],
    ['http://weir.lan/x', { origin: 'https://weir.lan' }, plain, 'https://weir.lan'],
    [
      'http://10.0.0.5:8000/x',
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'weir.example.com' },
      { publicUrl: null, trustProxy: true },
      'https://weir.example.com',
    ],
    [
      'http://weir.example.com/x',
      {},
      { publicUrl: 'https://weir.example.com', trustProxy: false },
      'https://weir.example.com',
    ],
    [
      'http://localhost:8000/x',
      {},
      { publicUrl: 'https://weir.example.com', trustProxy: false },
      'http://localhost:8000',
    ],
  ])('%s with %o', (url, headers, reach, origin) => {
    expect(requestOrigin(reach, request(url, headers as Record<string, string>))).toBe(origin);
  });
});

describe('a request that changes something', () => {
  const url = 'http://localhost:8000/x';
  test.each([
    [{ origin: 'http://localhost:8000', cookie: 'a=b' }],
    [{ cookie: 'a=b', 'sec-fetch-site': 'same-origin' }],
    [{ authorization: 'Bearer weir_x' }],
    [{}],
  ])('passes with %o', (headers) => {
    expect(() => assertOwnOrigin(plain, request(url, headers as Record<string, string>))).not.toThrow();
  });

  test.each([
    [{ origin: 'http://evil.example', cookie: 'a=b' }],
    [{ origin: 'http://localhost:9000', cookie: 'a=b' }],
    [{ origin: 'null', cookie: 'a=b' }],
    [{ cookie: 'a=b' }],
    [{ cookie: 'a=b', 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://evil.example' }],
  ])('is refused with %o', (headers) => {
    expect(() => assertOwnOrigin(plain, request(url, headers as Record<string, string>))).toThrow('not from Weir');
  });
});

test('a client cannot invent its address', () => {
  const headers = new Headers({ 'x-forwarded-for': '1.1.1.1, 2.2.2.2' });
  expect(clientAddress(plain, headers, '127.0.0.1')).toBe('127.0.0.1');
  expect(clientAddress({ publicUrl: null, trustProxy: true }, headers, '127.0.0.1')).toBe('2.2.2.2');
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('tries from %s count for %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
