import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';

/** A Weir with a connector, a source, a destination and a connection, for clients to meet. */
export interface Subject {
  /** What the clients' scripts read. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

const PASSWORD = 'seven green lamps';

/** `npm start` with its own Postgres, open to programs of this machine on a second port as Airbyte's users have it. */
export async function startSubject(): Promise<Subject> {
  const [port, apiPort] = [await freePort(), await freePort()];
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-clients-'));
  const { DATABASE_URL: _other, ...inherited } = process.env;
  const child = spawn(process.execPath, ['lib/bin/start.mjs'], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: {
      ...inherited,
      PORT: String(port),
      WEIR_API_PORT: String(apiPort),
      WEIR_API_AUTH: 'off',
      WEIR_DATA_DIR: dataDir,
      WEIR_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('Weir is ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`Weir ended with ${code}.`)));
  });
  const source = await productionApi();
  return {
    env: { ...(await prepare(`http://localhost:${port}`, source, dataDir)), WEIR_API: `http://localhost:${apiPort}` },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      await source.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function prepare(
  url: string,
  source: { url: string; host: string; port: number },
  dataDir: string,
): Promise<Record<string, string>> {
  const cookies: string[] = [];
  const post = async (route: string, body: object): Promise<Record<string, string>> => {
    const answer = await fetch(`${url}/api/weir/v1${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie: cookies.join('; ') },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${route} answered ${answer.status}: ${await answer.text()}`);
    for (const cookie of answer.headers.getSetCookie()) cookies.push(cookie.split(';')[0] ?? '');
    return (await answer.json()) as Record<string, string>;
  };
  const setUp = { name: 'Ada', email: 'ada@example.com', password: PASSWORD, workspaceName: 'Clients' };
  const { workspaceId = '' } = await post('/setup', setUp);
  await post('/allowed-hosts', { host: source.host, port: source.port });
  const manifest = productionManifest(source.url);
  const connector = await post('/connectors', { name: 'production_db', manifest });
  await post(`/connectors/${connector.id}/versions`, { manifest, basedOn: null });
  const application = await post('/applications', { name: 'clients', role: 'admin' });
  const postgres = new URL(readFileSync(path.join(dataDir, 'postgres-url'), 'utf8').trim());
  return {
    WEIR_URL: url,
    WEIR_WORKSPACE: workspaceId,
    WEIR_DEFINITION: connector.id ?? '',
    WEIR_CLIENT_ID: application.clientId ?? '',
    WEIR_CLIENT_SECRET: application.clientSecret ?? '',
    WEIR_SOURCE_TOKEN: TOKEN,
    WEIR_MANIFEST_URL: source.url,
    WEIR_WAREHOUSE: JSON.stringify({
      host: postgres.hostname,
      port: Number(postgres.port),
      database: postgres.pathname.slice(1),
      username: decodeURIComponent(postgres.username),
      password: decodeURIComponent(postgres.password),
    }),
  };
}
