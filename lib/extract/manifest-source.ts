import type { CheckResult, StreamDescriptor } from '#lib/catalog.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Build, Kind } from '#lib/manifest/kind.ts';
import type { Manifest, ManifestStream } from '#lib/manifest/manifest.ts';
import type { StreamReader } from './families.ts';
import { kinds } from './kinds.ts';
import { hideSecrets, masked } from './mask.ts';
import { Session } from './session.ts';
import type { ExtractContext, ReadRequest, Source } from './source.ts';

const byName = new Map<string, Kind>(kinds.map((kind) => [kind.name, kind]));

/** A source from a parsed manifest. The same code runs a sync, a test in the browser and the command line. */
export function createManifestSource(manifest: Manifest): Source {
  const sessions = new WeakMap<JsonObject, Session>();
  const sessionOf = (config: JsonObject): Session => {
    const session =
      sessions.get(config) ??
      new Session(config, (stored) => withDefaults(stored, manifest.spec.connectionSpecification));
    sessions.set(config, session);
    return session;
  };
  const reader = (context: ExtractContext, config: JsonObject, stream: ManifestStream): StreamReader => {
    if (stream.refused)
      throw new WeirError({
        kind: 'config',
        code: 'unsupported_component',
        message: `${stream.name} can't be read: ${stream.refused}`,
        hint: 'The other streams of this connector work.',
        where: { stream: stream.name },
      });
    return buildOf(manifest, sessionOf(config), context.clock).create<StreamReader>(stream.component);
  };
  return {
    spec: () => manifest.spec,
    check: (context, config) =>
      masked(context, manifest, sessionOf(config), async (inner) => {
        const { ok, message } = await check(inner, manifest, config, reader);
        return { ok, message: hideSecrets(message, manifest, sessionOf(config)) };
      }),
    discover: (context, config) =>
      masked(context, manifest, sessionOf(config), async (inner) => {
        const readable = manifest.streams.filter((stream) => !stream.refused);
        const found: StreamDescriptor[] = [];
        for (const stream of readable) found.push(await reader(inner, config, stream).describe(inner));
        return found;
      }),
    async *read(context, config, request: ReadRequest) {
      const stream = manifest.streams.find(({ name }) => name === request.stream.stream.name);
      if (!stream)
        throw new WeirError({
          kind: 'config',
          code: 'unknown_stream',
          message: `The manifest has no stream named ${request.stream.stream.name} any more.`,
          hint: 'Choose the streams of the connection again.',
        });
      const events = await masked(context, manifest, sessionOf(config), async (inner) =>
        inStream(stream.name, async () => reader(inner, config, stream).read(inner, request)[Symbol.asyncIterator]()),
      );
      try {
        for (;;) {
          const next = await masked(context, manifest, sessionOf(config), () =>
            inStream(stream.name, () => events.next()),
          );
          if (next.done) return;
          yield next.value;
        }
      } finally {
        // Whoever stops listening ends what the stream holds open.
        await events.return?.();
      }
    },
  };
}

/** Runs `work` so that its errors name the stream. */
async function inStream<T>(stream: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream }) : error;
  }
}

type MakeReader = (context: ExtractContext, config: JsonObject, stream: ManifestStream) => StreamReader;

/** Reads the first record of each stream that the manifest's check names. */
async function check(
  context: ExtractContext,
  manifest: Manifest,
  config: JsonObject,
  reader: MakeReader,
): Promise<CheckResult> {
  const names = Array.isArray(manifest.check.stream_names) ? manifest.check.stream_names.map(String) : [];
  for (const name of names) {
    const stream = manifest.streams.find((item) => item.name === name);
    if (!stream) return { ok: false, message: `check names the stream ${name}, which is not declared.` };
    try {
      await checkStream(context, reader(context, config, stream));
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof WeirError && error.code === 'address_refused') throw error;
      return {
        ok: false,
        message: failureText(toFailure(error instanceof WeirError ? error.at({ stream: name }) : error)),
      };
    }
  }
  return {
    ok: true,
    message: names.length === 0 ? 'The manifest names no stream to test.' : `Read from ${names.join(', ')}.`,
  };
}

async function checkStream(context: ExtractContext, stream: StreamReader): Promise<void> {
  if (stream.check) {
    const { ok, message } = await stream.check(context);
    if (!ok) throw new WeirError({ kind: 'config', code: 'check_failed', message });
    return;
  }
  const described = await stream.describe(context);
  const configured = {
    stream: described,
    syncMode: 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: [],
    primaryKey: [],
  } as const;
  for await (const event of stream.read(context, {
    stream: configured,
    state: null,
    limits: { maxSlices: 1, maxPages: 1 },
  })) {
    if (event.type === 'page' && event.records.length > 0) return;
  }
}

function buildOf(manifest: Manifest, session: Session, now: () => Date): Build {
  const build: Build = {
    get config() {
      return session.config;
    },
    now,
    manifest,
    shared: (key, make) => session.shared(key, make),
    changeConfig: (changes) => session.change(changes),
    noteSecret: (text) => session.secrets.add(text),
    create<Behaviour>(component: unknown): Behaviour {
      const kind = isJsonObject(component) ? byName.get(String(component.type)) : undefined;
      if (!kind)
        throw new WeirError({
          kind: 'config',
          code: 'unsupported_component',
          message: `Weir does not run ${isJsonObject(component) ? String(component.type) : 'this component'}.`,
        });
      return kind.create(component as JsonObject, build) as Behaviour;
    },
  };
  return build;
}

/** What the spec assumes where the config says nothing. */
function withDefaults(config: JsonObject, spec: JsonObject): JsonObject {
  const properties = isJsonObject(spec.properties) ? spec.properties : {};
  const defaults = Object.entries(properties).flatMap(([name, schema]) =>
    isJsonObject(schema) && schema.default !== undefined && config[name] === undefined
      ? [[name, schema.default] as const]
      : [],
  );
  return defaults.length > 0 ? { ...Object.fromEntries(defaults), ...config } : config;
}
