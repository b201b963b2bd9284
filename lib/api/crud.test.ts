import { describe, expect, test } from 'vitest';
import type { Connection } from '#lib/connections/connections.ts';
import type { Connector } from '#lib/connections/connectors.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import type { Source } from '#lib/connections/sources.ts';
import type { JsonObject } from '#lib/json.ts';
import { openConfig } from '#lib/secrets.ts';
import { connectionRow } from '#lib/sync/store.ts';
import { testApi } from '#tests/harness/api.ts';
import { MANIFEST, make, makeConnection, makeSource, ORDERS, PASSWORD, POSTGRES, SECRET } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

describe('connectors', () => {
  test('a version is saved on top of the one it began from, or not at all', async () => {
    const ada = await (await testApi()).admin();
    const id = await make(ada, 'connectors', { name: 'Shop' });
    const save = (basedOn: number | null, manifest = MANIFEST) =>
      ada.send('POST', `${V1}/connectors/${id}/versions`, { manifest, basedOn, note: 'first' });
    expect(await save(null)).toMatchObject({ status: 201, body: { version: 1 } });
    expect(await save(null)).toMatchObject({ status: 409, body: { error: { code: 'newer_version' } } });
    expect(await save(1)).toMatchObject({ status: 201, body: { version: 2 } });
    expect((await ada.get<Connector>(`${V1}/connectors/${id}`)).body).toMatchObject({
      draft: null,
      latest: { version: 2, streams: ['orders'], spec: { required: ['api_key', 'start_date'] } },
      versions: [{ version: 2, createdBy: 'ada@example.com' }, { version: 1 }],
    });
    expect((await ada.get(`${V1}/connectors/${id}/versions/1`)).body).toMatchObject({ manifest: MANIFEST });
  });

  test('two that save at the same time: one wins, the other is told', async () => {
    const ada = await (await testApi()).admin();
    const id = await make(ada, 'connectors', { name: 'Shop' });
    const saves = [1, 2, 3].map(() =>
      ada.send('POST', `${V1}/connectors/${id}/versions`, { manifest: MANIFEST, basedOn: null }),
    );
    expect((await Promise.all(saves)).map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });

  test('a manifest with problems stays a draft, and each problem is named', async () => {
    const ada = await (await testApi()).admin();
    const id = await make(ada, 'connectors', { name: 'Shop' });
    const broken = { manifest: 'type: DeclarativeSource\nstreams: [', basedOn: null };
    const answer = await ada.send<{ issues: { line: number }[] }>('POST', `${V1}/connectors/${id}/versions`, broken);
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_manifest' } } });
    expect(answer.body.issues.length).toBeGreaterThan(0);
    await ada.send('PUT', `${V1}/connectors/${id}/draft`, { manifest: broken.manifest });
    expect((await ada.get<Connector>(`${V1}/connectors/${id}`)).body).toMatchObject({
      draft: broken.manifest,
      latest: null,
    });
  });

  test('a text that the database can’t hold is a problem of the manifest, and no list fails by it', async () => {
    const ada = await (await testApi()).admin();
    const id = await make(ada, 'connectors', { name: 'Shop' });
    for (const sign of ['\\0', '\\ud800']) {
      const manifest = MANIFEST.replace('path: /orders', `path: "/orders${sign}"`);
      const answer = await ada.send('POST', `${V1}/connectors/${id}/versions`, { manifest, basedOn: null });
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_manifest' } } });
    }
    expect(await ada.get(`${V1}/connectors`)).toMatchObject({ status: 200 });
  });

  test('a name is taken once, and what is used stays', async () => {
    const ada = await (await testApi()).admin();
    const { connectorId } = await makeSource(ada);
    expect(await ada.send('POST', `${V1}/connectors`, { name: 'Shop' })).toMatchObject({
      status: 409,
      body: { error: { code: 'name_taken' }, issues: [{ path: 'name' }] },
    });
    const refused = await ada.send('DELETE', `${V1}/connectors/${connectorId}`);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'in_use' } } });
    expect(JSON.stringify(refused.body)).toContain('Shop EU');
  });
});

describe('sources and destinations', () => {
  test('name every field that is wrong', async () => {
    const ada = await (await testApi()).admin();
    const { connectorId } = await makeSource(ada);
    const wrong = { name: 'Other', connectorId, config: { start_date: 'soon' } };
    expect(await ada.send('POST', `${V1}/sources`, wrong)).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'config.api_key' }, { path: 'config.start_date' }] },
    });
    const answer = await ada.send('POST', `${V1}/destinations`, { name: 'x', type: 'postgres', config: {} });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain('config.host');
  });

  test('secrets are sealed in the database and masked in every answer', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { sourceId, destinationId } = await makeConnection(ada);
    const paths = ['/sources', `/sources/${sourceId}`, '/destinations', `/destinations/${destinationId}`];
    for (const path of [...paths, '/connections', '/overview', '/audit']) {
      const text = JSON.stringify((await ada.get(`${V1}${path}`)).body);
      expect(text).not.toMatch(new RegExp(`${SECRET}|${PASSWORD}|sealed`));
    }
    const rows = await query('select config from source union all select config from destination');
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${SECRET}|${PASSWORD}`));
    expect((await ada.get<Source>(`${V1}/sources/${sourceId}`)).body.config).toEqual({
      api_key: '**********',
      start_date: '2026-01-01',
    });
  });

  test('a masked secret that comes back stays what it was', async () => {
    const { admin, query, context } = await testApi();
    const ada = await admin();
    const { sourceId } = await makeSource(ada);
    const config = { api_key: '**********', start_date: '2026-02-02' };
    const answer = await ada.send('PATCH', `${V1}/sources/${sourceId}`, { config });
    expect(answer).toMatchObject({ status: 200, body: { config } });
    const [row] = await query<{ config: JsonObject }>('select config from source');
    expect(openConfig(context.secrets, row?.config ?? {}, `source:${sourceId}`)).toEqual({
      ...config,
      api_key: SECRET,
    });
  });

  test('a mask with nothing behind it is refused', async () => {
    const ada = await (await testApi()).admin();
    const { connectorId } = await makeSource(ada);
    const copy = { name: 'Copy', connectorId, config: { api_key: '**********', start_date: '2026-01-01' } };
    expect(await ada.send('POST', `${V1}/sources`, copy)).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'config.api_key' }] },
    });
  });

  test('a private address is allowed by the administrator who names it as a destination, not by an editor', async () => {
    const { admin, client } = await testApi();
    const ada = await admin();
    const { body } = await ada.send<{ secret: string }>('POST', `${V1}/api-keys`, { name: 'ci', role: 'editor' });
    const at = (name: string, host: string) => ({ ...POSTGRES, name, config: { ...POSTGRES.config, host } });
    await ada.send('POST', `${V1}/destinations`, at('Ours', '10.1.2.3'));
    const authorization = `Bearer ${body.secret}`;
    const theirs = await client().send('POST', `${V1}/destinations`, at('Theirs', '10.9.9.9'), { authorization });
    expect(theirs.status).toBe(201);
    const { body: allowed } = await ada.get<object>(`${V1}/allowed-hosts`);
    expect(allowed).toMatchObject([{ host: '10.1.2.3', port: POSTGRES.config.port, reason: 'destination Ours' }]);
  });

  test('a stored password does not follow to another host', async () => {
    const ada = await (await testApi()).admin();
    const { destinationId } = await makeConnection(ada);
    const change = (config: object) =>
      ada.send('PATCH', `${V1}/destinations/${destinationId}`, {
        config: { ...POSTGRES.config, password: '**********', ...config },
      });
    expect((await change({ username: 'other' })).status).toBe(200);
    expect(await change({ host: 'evil.example' })).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'config.password' }] },
    });
  });
});

describe('questions to sources and destinations', () => {
  test('get the stored secrets in the place of the masks', async () => {
    const { admin, context } = await testApi();
    const ada = await admin();
    const { sourceId, destinationId } = await makeConnection(ada);
    const { workspaceId } = (await ada.get<{ workspaceId: string }>(`${V1}/me`)).body;
    const config = { api_key: '**********', start_date: '2026-03-03' };
    expect(await probeInput(context, workspaceId, { kind: 'discover', sourceId, config })).toMatchObject({
      compiled: { streams: [{ name: 'orders' }] },
      config: { api_key: SECRET, start_date: '2026-03-03' },
    });
    const masked = { ...POSTGRES.config, password: '**********' };
    const check = (change: object) =>
      probeInput(context, workspaceId, { kind: 'check_destination', destinationId, config: { ...masked, ...change } });
    expect(await check({})).toEqual({ type: 'postgres', config: POSTGRES.config });
    await expect(check({ host: 'evil.example' })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('are not asked with settings that can not be right', async () => {
    const ada = await (await testApi()).admin();
    const { connectorId } = await makeSource(ada);
    const answer = await ada.send('POST', `${V1}/probes`, { kind: 'check_source', connectorId, config: {} });
    expect(answer).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'config.api_key' }, { path: 'config.start_date' }] },
    });
  });
});

describe('connections', () => {
  test('say all that is wrong with streams, schedule and names at once', async () => {
    const ada = await (await testApi()).admin();
    const { sourceId } = await makeSource(ada);
    const destinationId = await make(ada, 'destinations', POSTGRES);
    const answer = await ada.send<{ issues: { path: string }[] }>('POST', `${V1}/connections`, {
      name: ' ',
      sourceId,
      destinationId,
      schedule: { type: 'yearly' },
      freshnessTargetMinutes: 0,
      streams: [{ ...ORDERS, cursorField: [], primaryKey: [] }],
    });
    expect(answer.status).toBe(422);
    expect(answer.body.issues.map(({ path }) => path)).toEqual([
      'name',
      'freshnessTargetMinutes',
      expect.stringMatching(/^schedule/),
      'streams.0.cursorField',
      'streams.0.primaryKey',
    ]);
  });

  test('keep the fields of a stream in the order in which the source has them', async () => {
    const { admin, db } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const names = ['updated_at', 'order_id', 'number', 'id', 'created_at'];
    const jsonSchema = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) };
    const streams = [{ ...ORDERS, stream: { ...ORDERS.stream, jsonSchema } }];
    expect((await ada.send('PATCH', `${V1}/connections/${connectionId}`, { streams })).status).toBe(200);
    const stored = async () => (await connectionRow(db, connectionId))?.configured[0]?.stream.jsonSchema.properties;
    expect(Object.keys(Object(await stored()))).toEqual(names);
  });

  test('have a next due time while they are active', async () => {
    const ada = await (await testApi()).admin();
    const { connectionId } = await makeConnection(ada);
    const patch = (body: unknown) => ada.send<Connection>('PATCH', `${V1}/connections/${connectionId}`, body);
    expect((await ada.get<Connection>(`${V1}/connections/${connectionId}`)).body).toMatchObject({
      nextDue: null,
      schedule: { type: 'manual' },
      source: { name: 'Shop EU', connectorName: 'Shop' },
      streams: [ORDERS],
    });
    const hourly = await patch({ schedule: { type: 'hourly', every: 1, timeZone: 'UTC' } });
    expect(hourly.body.nextDue).not.toBeNull();
    const renamed = await patch({ name: 'Orders' });
    expect(renamed.body).toMatchObject({ name: 'Orders', nextDue: hourly.body.nextDue });
    const paused = { status: 'inactive', nextDue: null, pausedReason: 'by ada@example.com' };
    expect((await patch({ status: 'inactive' })).body).toMatchObject(paused);
    expect((await patch({ name: 'Orders of the shop' })).body).toMatchObject(paused);
    const resumed = await patch({ status: 'active' });
    expect(resumed.body).toMatchObject({ status: 'active', pausedReason: null, name: 'Orders of the shop' });
    expect(resumed.body.nextDue).not.toBeNull();
  });

  test('hold their source and destination, and are not deleted while a sync runs', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { sourceId, destinationId, connectionId } = await makeConnection(ada);
    expect((await ada.send('DELETE', `${V1}/sources/${sourceId}`)).status).toBe(409);
    expect((await ada.send('DELETE', `${V1}/destinations/${destinationId}`)).status).toBe(409);
    await query(
      `insert into syncs (workspace_id, connection_id, trigger, status)
       select workspace_id, id, 'manual', 'running' from connection`,
    );
    expect(await ada.send('DELETE', `${V1}/connections/${connectionId}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'sync_running' } },
    });
    await query(`update syncs set status = 'cancelled'`);
    for (const path of [`connections/${connectionId}`, `destinations/${destinationId}`, `sources/${sourceId}`])
      expect([path, (await ada.send('DELETE', `${V1}/${path}`)).status]).toEqual([path, 204]);
  });
});

describe('requests that make no sense', () => {
  test('are answered with what is wrong', async () => {
    const ada = await (await testApi()).admin();
    const nowhere = '00000000-0000-4000-8000-000000000000';
    const requests: [string, string, unknown, number][] = [
      ['POST', '/connectors', { nme: 'x' }, 422],
      ['POST', '/sources', { name: 'x', connectorId: 'nope', config: {} }, 422],
      ['GET', '/sources/not-an-id', undefined, 404],
      ['GET', `/sources/${nowhere}`, undefined, 404],
      ['GET', '/nowhere', undefined, 404],
      ['DELETE', `/connections/${nowhere}`, undefined, 404],
    ];
    for (const [method, path, body, status] of requests) {
      const answer = method === 'GET' ? await ada.get(`${V1}${path}`) : await ada.send(method, `${V1}${path}`, body);
      expect([path, answer.status, typeof answer.body.error]).toEqual([path, status, 'object']);
    }
  });

  test('no JSON, too deep, too large', async () => {
    const ada = await (await testApi()).admin();
    const post = async (body: string) => (await ada.fetch(`${V1}/connectors`, { method: 'POST', body })).status;
    expect(await post('{"name":')).toBe(400);
    expect(await post(`${'['.repeat(500)}${']'.repeat(500)}`)).toBe(400);
    expect(await post(JSON.stringify({ name: 'x', manifest: 'x'.repeat(4_000_001) }))).toBe(413);
  });

  test('another workspace is out of reach', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { sourceId, connectionId, connectorId } = await makeConnection(ada);
    await query(`with w as (insert into workspace (name) values ('other') returning id)
      update membership set workspace_id = w.id from w`);
    for (const path of [`sources/${sourceId}`, `connections/${connectionId}`, `connectors/${connectorId}`])
      expect([path, (await ada.get(`${V1}/${path}`)).status]).toEqual([path, 404]);
    expect((await ada.get(`${V1}/connections`)).body).toEqual([]);
  });
});

test('an uploaded file is kept under a name of ours', async () => {
  const { admin, query, context } = await testApi();
  const ada = await admin();
  const raw = await ada.fetch(`${V1}/uploads?name=../../etc/passwd.csv`, { method: 'POST', body: 'a,b\n1,2\n' });
  expect(await raw.json()).toMatchObject({ name: 'passwd.csv', bytes: 8 });
  const form = new FormData();
  form.append('file', new File(['x'], 'orders.csv'));
  const sent = new Request('http://x', { method: 'POST', body: form });
  const body = await sent.arrayBuffer();
  const headers = { 'content-type': sent.headers.get('content-type') ?? '', 'content-length': String(body.byteLength) };
  const answer = await ada.fetch(`${V1}/uploads`, { method: 'POST', body, headers });
  expect(await answer.json()).toMatchObject({ name: 'orders.csv', bytes: 1 });
  const [row] = await query<{ path: string }>('select path from upload order by bytes desc');
  expect(row?.path.startsWith(`${context.env.dataDir}/uploads/`)).toBe(true);
});
