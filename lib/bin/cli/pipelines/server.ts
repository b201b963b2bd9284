import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { reached } from './reached.ts';

const TIMEOUT_MS = 180_000;

/** A Weir over its own API. */
export interface Server {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** A single question to a source or destination: its result. */
  ask(question: JsonObject): Promise<JsonObject>;
}

export function weirServer({ url, key }: { url: string; key: string }): Server {
  const base = `${url.replace(/\/+$/, '')}/api/weir/v1`;
  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const answer = await reached(url, 'Name the address of Weir with --url.', () =>
      fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await answer.text();
    if (!answer.ok) throw refusal(`${method} ${path}`, answer.status, text);
    return text;
  };
  const read = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const text = await call(method, path, body);
    return (text === '' ? null : JSON.parse(text)) as T;
  };
  return {
    get: (path) => read('GET', path),
    send: (method, path, body) => read(method, path, body ?? {}),
    async ask(question) {
      const { probeId } = await read<{ probeId: string }>('POST', '/probes', question);
      const events = eventsOf(await call('GET', `/probes/${probeId}/events`));
      const failure = events.find(({ type }) => type === 'failure')?.failure;
      if (isJsonObject(failure)) throw new WeirError(failure as unknown as ConstructorParameters<typeof WeirError>[0]);
      return events.find(({ type }) => type === 'result') ?? {};
    },
  };
}

/** The server's own words, with every issue that it names. */
function refusal(what: string, status: number, text: string): WeirError {
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  const { error, issues } = isJsonObject(body) ? body : {};
  const { message, hint, code } = isJsonObject(error) ? error : {};
  const list = Array.isArray(issues) ? issues.filter(isJsonObject) : [];
  const said = list.map((issue) => `  ${[issue.path, issue.message].filter(Boolean).join(': ')}`);
  return new WeirError({
    kind: 'config',
    code: typeof code === 'string' ? code : 'refused',
    message: [`${what} was refused (${status}): ${message ?? text.slice(0, 200)}`, ...said].join('\n'),
    ...(typeof hint === 'string' && { hint }),
  });
}

function eventsOf(text: string): JsonObject[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);
}
