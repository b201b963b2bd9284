import { describe, expect, test } from 'vitest';
import { isFromThisMachine, isLoopback } from './local-identity.ts';

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.8.0.1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
])('%j is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe('a request without credentials', () => {
  const comes = (headers: Record<string, string>, peer: string | undefined = '127.0.0.1') =>
    isFromThisMachine(new Headers(headers), 'http://localhost:8000/api/v1/jobs/list', peer);

  test('is let in from a program on this machine', () => {
    expect(comes({})).toBe(true);
    expect(comes({ host: '127.0.0.1:8001' })).toBe(true);
    expect(comes({ host: '[::1]:8001' }, '::1')).toBe(true);
    expect(comes({ 'sec-fetch-site': 'none' })).toBe(true);
  });

  test.each([
    [{ host: 'rebound.evil.example:8000' }],
    [{ host: 'localhost:8000@evil.example' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'x-forwarded-for': '127.0.0.1' }],
    [{ forwarded: 'for=127.0.0.1' }],
    [{ via: '1.1 proxy' }],
  ])('is not let in with %j: another page, another name, or somebody behind a proxy', (headers) => {
    expect(comes(headers)).toBe(false);
  });

  test('is not let in from another machine', () => {
    expect(comes({}, '192.168.1.7')).toBe(false);
  });
});
