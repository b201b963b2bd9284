import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { scriptedServer } from '#tests/harness/scripted-server.ts';

const fixture = (name: string) => path.join(import.meta.dirname, 'fixtures', name);
const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** One request in a process of its own: Node reads NODE_EXTRA_CA_CERTS when it starts. */
const ASK = `
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { createGuard } from '#lib/address-guard.ts';
import { createLog } from '#lib/log.ts';
const port = Number(process.argv[1]);
const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
const guard = createGuard({ allowed: [{ host: 'api.example.test', port }], lookup });
const http = createHttpClient({ guard, clock: () => new Date(), log: createLog('test', 'silent') });
try {
  const answer = await http.send({ method: 'GET', url: \`https://api.example.test:\${port}/\`, headers: {} });
  console.log(await answer.text());
} catch (error) {
  console.log(error.code);
}
await http.close();
`;

test('an authority of the operator’s own is trusted where NODE_EXTRA_CA_CERTS names it, and nowhere else', async () => {
  const [key, cert] = ['key.pem', 'self-signed.pem'].map((name) => readFileSync(fixture(name), 'utf8'));
  const server = await scriptedServer([{ body: 'hello' }, { body: 'hello' }], {
    tls: { key: key ?? '', cert: cert ?? '' },
  });
  onTestFinished(() => server.close());
  const ask = async (env: Record<string, string>) => {
    const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
    const input = ['--input-type=module', '-e', ASK, '--', String(server.port)];
    const { stdout } = await promisify(execFile)(process.execPath, input, { cwd: PROJECT, env: { ...rest, ...env } });
    return stdout.trim();
  };
  expect(await ask({ NODE_EXTRA_CA_CERTS: fixture('self-signed.pem') })).toBe('hello');
  expect(await ask({})).toBe('tls');
});
