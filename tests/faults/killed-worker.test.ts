import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

const PAGES = 40;
const PAGE_SIZE = 250;

let weir: WeirServer;
let client: SignedIn;
let api: ScriptedServer;

beforeAll(async () => {
  weir = await startWeir();
  client = await signedIn(weir);
});

afterAll(async () => {
  await weir?.stop();
  await api?.close();
});

test('a worker killed in the middle of a sync: the table ends with every row once', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  api = await scriptedServer({ '*': (request) => pageAnswer(Number(request.query.get('page') ?? 1), held) });
  const connectionId = await client.connect(manifest(api.url), { host: api.host, port: api.port });
  const { syncId } = await client.post<{ syncId: number }>(`/connections/${connectionId}/sync`);
  await api.waitForRequests(PAGES / 2);
  for (const pid of await weir.workerPids()) process.kill(pid, 'SIGKILL');
  letGo();
  expect(await client.syncEnd(syncId)).toMatchObject({ status: 'succeeded', attempts: 2 });

  const warehouse = new pg.Client({ connectionString: weir.databaseUrl });
  await warehouse.connect();
  const { rows } = await warehouse.query(
    'select count(*)::int as rows, count(distinct id)::int as ids from public.events',
  );
  await warehouse.end();
  expect(rows).toEqual([{ rows: PAGES * PAGE_SIZE, ids: PAGES * PAGE_SIZE }]);
});

/** The page in the middle waits until the worker is dead. */
function pageAnswer(page: number, held: Promise<void>) {
  const data = Array.from({ length: page > PAGES ? 0 : PAGE_SIZE }, (_, row) => ({
    id: (page - 1) * PAGE_SIZE + row,
    page,
  }));
  return { body: { data }, ...(page === PAGES / 2 && { hold: held }) };
}

function manifest(url: string): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [events] }
streams:
  - type: DeclarativeStream
    name: events
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "${url}/events" }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: ${PAGE_SIZE}, start_from_page: 1, inject_on_first_request: true }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer }, page: { type: integer } } }
`;
}
