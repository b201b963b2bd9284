import { NextRequest } from 'next/server.js';
import { expect, test } from 'vitest';
import { proxy } from '../proxy.ts';

const policyOf = () => {
  const { headers } = proxy(new NextRequest('http://localhost:8000/connections'));
  const policy = headers.get('content-security-policy') ?? '';
  return new Map(policy.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1)]));
};

test('pages run their own scripts alone, without eval, and stand in no frame', () => {
  const policy = policyOf();
  const scripts = policy.get('script-src') ?? [];
  expect(scripts.filter((source) => !/^('self'|'strict-dynamic'|'nonce-[0-9a-f-]{36}')$/.test(source))).toEqual([]);
  expect(policy.get('default-src')).toEqual([`'self'`]);
  expect(policy.get('worker-src')).toEqual([`'self'`, 'blob:']);
  expect(policy.get('frame-ancestors')).toEqual([`'none'`]);
  expect(policy.get('object-src')).toEqual([`'none'`]);
  expect(policy.get('base-uri')).toEqual([`'self'`]);
  expect([...policy.values()].flat().filter((source) => /unsafe-eval|\*|https?:/.test(source))).toEqual([]);
});

test('each page has a nonce of its own', () => {
  const nonce = () =>
    policyOf()
      .get('script-src')
      ?.find((source) => source.startsWith(`'nonce-`));
  expect(nonce()).not.toBe(nonce());
});
