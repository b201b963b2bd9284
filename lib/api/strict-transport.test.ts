import { expect, test } from 'vitest';
import { strictTransport } from './strict-transport.ts';

test('browsers are told to stay with TLS where they came by it, and nowhere else', () => {
  const forwarded = { 'x-forwarded-proto': 'https' };
  const plain = { publicUrl: null, trustProxy: false };
  expect(strictTransport({ ...plain, publicUrl: 'https://weir.example' }, {})).toBe('max-age=31536000');
  expect(strictTransport({ ...plain, trustProxy: true }, forwarded)).toBe('max-age=31536000');
  expect(strictTransport({ ...plain, trustProxy: true }, {})).toBeNull();
  expect(strictTransport({ ...plain, publicUrl: 'http://weir.lan' }, forwarded)).toBeNull();
  expect(strictTransport(plain, forwarded)).toBeNull();
});
