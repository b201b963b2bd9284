import { expect, test } from 'vitest';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

test('the overview is sent whole at first, then what has changed, and its time alone when nothing has', async () => {
  const { admin, query } = await testApi();
  const ada = await admin();
  await makeConnection(ada);
  const stop = new AbortController();
  const answer = await ada.fetch('/api/weir/v1/overview/events', { method: 'GET', signal: stop.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const seen: string[] = [];
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)];
    for (const [, name = '', data = '{}'] of events.slice(seen.length)) {
      const overview = JSON.parse(data);
      const rows = overview.connections ?? overview.changed ?? [];
      seen.push(name === 'same' ? `same ${Object.keys(overview).join()}` : `${name} ${rows[0]?.name}`);
      if (seen.length === 2) await query(`update connection set name = 'Orders'`);
    }
    if (seen.length === 3) break;
  }
  stop.abort();
  expect(seen).toEqual(['overview Shop to warehouse', 'same asOf', 'changed Orders']);
});
