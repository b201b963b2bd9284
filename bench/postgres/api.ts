/** `node api.ts RECORDS`: an API on loopback that gives RECORDS orders in pages. Prints its address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { orderText, PAGE_SIZE } from './records.ts';

const records = Number(process.argv[2]);
/** Ahead of the measurement, so that the API costs the readers next to nothing. */
const MOST_KEPT_PAGES = 200;
const kept = new Map<number, Buffer>();
for (let page = 1; page <= Math.min(Math.ceil(records / PAGE_SIZE) + 1, MOST_KEPT_PAGES); page++)
  kept.set(page, body(page));

const server = createServer((request, response) => {
  const page = Number(new URL(request.url ?? '/', 'http://localhost').searchParams.get('page') ?? 1);
  const answer = kept.get(page) ?? body(page);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

function body(page: number): Buffer {
  const first = (page - 1) * PAGE_SIZE + 1;
  const last = Math.min(first + PAGE_SIZE - 1, records);
  const texts = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => orderText(first + index));
  return Buffer.from(`{"data":[${texts.join(',')}]}`);
}
