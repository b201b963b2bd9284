import { expect, test } from 'vitest';
import { trimHar } from './trim-har.ts';

const entry = (mimeType: string) => ({
  startedDateTime: '2026-01-01',
  request: { method: 'GET', url: 'https://a.example/x', headers: [], cookies: ['c'] },
  response: { status: 200, headers: [], content: { mimeType, text: '{}' }, cookies: ['c'] },
  timings: {},
});

test('keeps the JSON answers and what was asked for, and nothing else', () => {
  const text = JSON.stringify({ log: { entries: [entry('text/html'), entry('application/json; charset=utf-8')] } });
  expect(JSON.parse(trimHar(text))).toEqual({
    log: {
      entries: [
        {
          request: { method: 'GET', url: 'https://a.example/x', headers: [] },
          response: { status: 200, headers: [], content: { mimeType: 'application/json; charset=utf-8', text: '{}' } },
        },
      ],
    },
  });
});

test.each(['no json', '{}', '{"log": {"entries": 1}}', 'null'])('%s stays as it is', (text) => {
  expect(trimHar(text)).toBe(text);
});
