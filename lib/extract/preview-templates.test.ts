import { expect, test } from 'vitest';
import { previewTemplates } from './preview-templates.ts';

const build = { config: { account: 'acme', token: 't' }, now: () => new Date('2026-03-01T12:00:00Z') };
const preview = (component: object, seen = {}) =>
  previewTemplates(component as never, build, {
    ...{
      response: { next: 'abc', data: [1] },
      headers: {},
      record: { id: 7 },
      raw: { id: 7, price: 2 },
      lastPageSize: 1,
      partition: { user: 3 },
    },
    ...seen,
  });

test('each template once, with what it comes to', async () => {
  expect(
    await preview({
      path: "/{{ config['account'] }}/x",
      again: "/{{ config['account'] }}/x",
      plain: 'no template',
      list: ["{{ response.get('next') }}", "{{ last_record['id'] }}", "{{ stream_partition['user'] }}"],
      start: "{{ now_utc().strftime('%Y-%m-%d') }}",
    }),
  ).toEqual([
    { template: "/{{ config['account'] }}/x", value: '/acme/x' },
    { template: "{{ response.get('next') }}", value: 'abc' },
    { template: "{{ last_record['id'] }}", value: '7' },
    { template: "{{ stream_partition['user'] }}", value: '3' },
    { template: "{{ now_utc().strftime('%Y-%m-%d') }}", value: '2026-03-01' },
  ]);
});

test('what can’t be known here is left out, and long values are cut', async () => {
  expect(await preview({ a: '{{ creation_response.id }}', b: '{{ nonsense( }}' })).toEqual([]);
  expect((await preview({ a: '{{ response.text }}' }, { response: { text: 'x'.repeat(100) } }))[0]?.value).toBe(
    `${'x'.repeat(80)}…`,
  );
});

test('JSONata expressions look at the answer or at the record as it came', async () => {
  expect(
    await preview({
      extractor: { type: 'JsonataExtractor', expression: 'data' },
      transformations: [
        { type: 'JsonataTransformation', expression: '$merge([$, { "double": price * 2 }])' },
        { type: 'JsonataTransformation', expression: 'broken(' },
      ],
    }),
  ).toEqual([
    { template: 'data', value: '[1]' },
    { template: '$merge([$, { "double": price * 2 }])', value: '{"id":7,"price":2,"double":4}' },
  ]);
});
