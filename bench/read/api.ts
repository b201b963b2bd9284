/** `node api.ts RECORDS LATENCY_MS`: orders in pages, `slice` of them or all. Each answer waits. Prints its address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { orderText, PAGE_SIZE } from '../postgres/records.ts';

const [, , records = '0', latency = '0'] = process.argv;
/** Made ahead, so that the API costs its readers next to nothing. */
const MOST_KEPT_PAGES = 200;
const kept = new Map<number, Buffer>();
for (let page = 1; page <= Math.min(Math.ceil(Number(records) / PAGE_SIZE) + 1, MOST_KEPT_PAGES); page++)
  kept.set(page, body(page));

const server = createServer((request, response) => {
  const page = Number(new URL(request.url ?? '/', 'http://localhost').searchParams.get('page') ?? 1);
  const answer = kept.get(page) ?? body(page);
  const send = () =>
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  if (Number(latency) > 0) setTimeout(send, Number(latency));
  else send();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

function body(page: number): Buffer {
  const first = (page - 1) * PAGE_SIZE + 1;
  const last = Math.min(first + PAGE_SIZE - 1, Number(records));
  const texts = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => orderText(first + index));
  return Buffer.from(`{"data":[${texts.join(',')}]}`);
}
