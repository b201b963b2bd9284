import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Build, Kind } from '#lib/manifest/kind.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { propagate } from '#lib/manifest/propagate.ts';
import { Origins } from '#lib/manifest/resolve-references.ts';
import { validateComponent } from '#lib/manifest/validate.ts';
import type { Checker } from './check/checker.ts';
import type { ConfigRules } from './config/config-rules.ts';
import { specProblems } from './config/spec-problems.ts';
import { withDefaults } from './config/with-defaults.ts';
import { createCustom } from './custom/custom-component.ts';
import { CustomComponents, loadComponents } from './custom/load-components.ts';
import { kinds, language } from './kinds.ts';
import { hideSecrets, maskEvent, masked, maskPlan } from './mask.ts';
import { noPlan, withoutSending } from './plan-stream.ts';
import { previewTemplates } from './preview-templates.ts';
import { Session } from './session.ts';
import type { ExtractContext, PlannedSource, ReadRequest } from './source.ts';
import { SourceStreams } from './source-streams.ts';

const byName = new Map<string, Kind>(kinds.map((kind) => [kind.name, kind]));
const KNOWN = { kinds: byName, unsupported: new Map(Object.entries(language.unsupported)) };

/** What belongs to one config: its session, and the streams that it has. */
interface Opened {
  readonly session: Session;
  readonly build: Build;
  readonly rules: ConfigRules | null;
  readonly means: Means;
  readonly streams: SourceStreams;
}

/** A source from a parsed manifest. The same code runs a sync, a test in the browser and the command line. */
export function createManifestSource(manifest: Manifest): PlannedSource {
  const known = new WeakMap<JsonObject, Opened>();
  const openedOf = async (context: ExtractContext, config: JsonObject) => {
    const custom = known.has(config) ? NO_COMPONENTS : await componentsFor(manifest, context);
    const opened = known.get(config) ?? open(manifest, config, { now: context.now ?? context.clock, custom });
    known.set(config, opened);
    return opened;
  };
  /** On its own: what a plan finds out without asking must not count for a read. */
  const planned = async <T>(
    outer: ExtractContext,
    config: JsonObject,
    work: (context: ExtractContext, opened: Opened) => Promise<T>,
  ): Promise<T> => {
    const opened = open(manifest, config, { now: outer.clock, custom: await componentsFor(manifest, outer) });
    return masked(withoutSending(outer), manifest, opened.session, async (context) => {
      assertValid(opened);
      return work(context, opened);
    });
  };
  /** Every way in: the config is migrated, stored, and looked at before anything is asked of it. */
  const withConfig = async <T>(
    context: ExtractContext,
    config: JsonObject,
    work: (inner: ExtractContext, opened: Opened) => Promise<T>,
  ): Promise<T> => {
    const opened = await openedOf(context, config);
    return masked(context, manifest, opened.session, async (inner) => {
      await opened.session.storeMigrated(async (...changes) => inner.saveConfig?.(...changes));
      assertValid(opened);
      return work(inner, opened);
    });
  };
  return {
    spec: () => manifest.spec,
    check: (context, config) => withConfig(context, config, (inner, opened) => check(inner, manifest, opened)),
    discover: (context, config) =>
      withConfig(context, config, async (inner, { streams }) => {
        const found = [];
        for (const stream of await streams.readable(inner))
          found.push(await inStream(stream.name, async () => streams.reader(stream).describe(inner)));
        return found;
      }),
    hide(config, text) {
      const opened = known.get(config) ?? open(manifest, config, { now: () => new Date(0), custom: NO_COMPONENTS });
      return hideSecrets(text, manifest, opened.session);
    },
    configProblems(context, config) {
      const opened = known.get(config) ?? open(manifest, config, { now: context.clock, custom: NO_COMPONENTS });
      return specProblems(manifest.spec.connectionSpecification, opened.session.config);
    },
    names: (context, config) => planned(context, config, async (inner, { streams }) => streams.names(inner)),
    plan: (context, config, request) =>
      planned(context, config, async (inner, { session, streams }) =>
        inStream(request.stream, async () => {
          const stream = (await streams.find(inner, request.stream)) ?? unknownStream(request.stream);
          const reader = streams.reader(stream);
          return maskPlan(await (reader.plan?.(inner, request) ?? noPlan(request.stream)), manifest, session);
        }),
      ),
    preview: (context, config, name, seen) =>
      withConfig(context, config, async (inner, { session, streams, build }) => {
        const stream = (await streams.find(inner, name)) ?? unknownStream(name);
        return (await previewTemplates(stream.component, build, seen)).map(({ template, value }) => ({
          template,
          value: hideSecrets(value, manifest, session),
        }));
      }),
    async *read(context, config, request: ReadRequest) {
      const { name } = request.stream.stream;
      const events = await withConfig(context, config, (inner, { streams }) =>
        inStream(name, async () => {
          const stream = (await streams.find(inner, name)) ?? unknownStream(name);
          return streams.reader(stream).read(inner, request)[Symbol.asyncIterator]();
        }),
      );
      try {
        const { rules } = await openedOf(context, config);
        for (const message of rules?.unchecked ?? []) yield { type: 'notice', level: 'warn', message };
        for (;;) {
          const { session } = await openedOf(context, config);
          const next = await masked(context, manifest, session, () => inStream(name, () => events.next()));
          if (next.done) return;
          yield maskEvent(next.value, manifest, session);
        }
      } finally {
        // Whoever stops listening ends what the stream holds open.
        await events.return?.();
      }
    },
  };
}

interface Means {
  readonly now: () => Date;
  readonly custom: CustomComponents;
}

const NO_COMPONENTS = new CustomComponents();

/** The folder of the operator is looked into only where a manifest needs a class. */
async function componentsFor(
  { streams, dynamicStreams = [], spec }: Manifest,
  { componentsDir }: ExtractContext,
): Promise<CustomComponents> {
  const needs =
    [...streams, ...dynamicStreams].some(({ classes = [] }) => classes.length > 0) || hasClass(spec.configRules);
  return needs && componentsDir ? loadComponents(componentsDir) : NO_COMPONENTS;
}

function hasClass(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'class_name' in value || Object.values(value).some(hasClass);
}

function open(manifest: Manifest, config: JsonObject, means: Means, overrides: JsonObject = {}): Opened {
  const { configRules, connectionSpecification } = manifest.spec;
  const session: Session = new Session(config, {
    migrate: (given) => rules?.migrate(given) ?? given,
    prepare: (stored) => {
      const complete = withDefaults(stored, connectionSpecification);
      return { ...(rules?.transform(complete) ?? complete), ...overrides };
    },
  });
  const build = buildOf(manifest, session, means);
  const rules = configRules ? build.create<ConfigRules>({ type: 'ConfigNormalizationRules', ...configRules }) : null;
  let streams: SourceStreams | null = null;
  return {
    ...{ session, build, rules, means },
    // Made when they are asked for: a condition may need a value that the rules find missing.
    get streams() {
      streams ??= new SourceStreams(manifest, build);
      return streams;
    },
  };
}

function assertValid({ rules, session }: Opened): void {
  const problems = rules?.problems(session.config) ?? [];
  if (problems.length === 0) return;
  throw new WeirError({
    kind: 'config',
    code: 'invalid_config',
    message: `The config is not valid: ${problems.join('; ')}`,
    hint: 'Correct the settings of the source.',
    issues: problems.map((message) => ({ message })),
  });
}

async function check(context: ExtractContext, manifest: Manifest, { session, build, streams, means }: Opened) {
  const checker = build.create<Checker>({ type: 'CheckStream', ...manifest.check });
  const overridden =
    Object.keys(checker.overrides).length === 0
      ? { session, streams }
      : open(manifest, withoutWriting(manifest, session.config), means, checker.overrides);
  const { ok, message } = await masked(context, manifest, overridden.session, (inner) =>
    checker.check(inner, overridden.streams, session.config),
  );
  return { ok, message: hideSecrets(hideSecrets(message, manifest, session), manifest, overridden.session) };
}

/** The config, to lay values over it for a check: a source that stores its config would store them with it. */
function withoutWriting({ streams, dynamicStreams = [] }: Manifest, config: JsonObject): JsonObject {
  const writes = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    ((isJsonObject(value) && isJsonObject(value.refresh_token_updater)) || Object.values(value).some(writes));
  if (![...streams, ...dynamicStreams].some(({ component }) => writes(component))) return { ...config };
  throw new WeirError({
    kind: 'config',
    code: 'bad_config_overrides',
    message:
      'config_overrides of the check would be stored: a refresh_token_updater of this manifest writes the config.',
    hint: 'Remove config_overrides from the check.',
  });
}

/** Runs `work` so that its errors name the stream. */
async function inStream<T>(stream: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream }) : error;
  }
}

function unknownStream(name: string): never {
  throw new WeirError({
    kind: 'config',
    code: 'unknown_stream',
    message: `The manifest has no stream named ${name} any more.`,
    hint: 'Choose the streams of the connection again.',
  });
}

/** As `parseManifest` makes a component of what stands in a manifest. @throws WeirError `invalid_stream` with every problem */
function completed(component: JsonObject, parentFirst: boolean): JsonObject {
  const place = { defaultType: 'DeclarativeStream', inheritedFirst: parentFirst };
  const complete = propagate(component, byName, new Origins(), place);
  const problems = validateComponent(complete, ['stream'], KNOWN, new Origins()).filter(
    ({ severity }) => severity === 'error',
  );
  if (problems.length === 0) return complete;
  const messages = [...new Set(problems.map(({ message }) => message))];
  throw new WeirError({
    kind: 'config',
    code: 'invalid_stream',
    message: `The stream ${String(complete.name)} that a template makes is not valid: ${messages.join(' ')}`,
    hint: 'Look at components_mapping, and at what fills the template in.',
    issues: messages.map((message) => ({ message })),
  });
}

function buildOf(manifest: Manifest, session: Session, { now, custom }: Means): Build {
  const standIn = (className: unknown) => custom.find(String(className), manifest.spec.documentationUrl);
  const build: Build = {
    get config() {
      return session.config;
    },
    now,
    manifest,
    isRegistered: (className) => standIn(className) !== null,
    shared: (key, make) => session.shared(key, make),
    changeConfig: (changes) => session.change(changes),
    noteSecret: (text) => session.secrets.add(text),
    complete: (component, { parentFirst }) => completed(component, parentFirst),
    create<Behaviour>(component: unknown): Behaviour {
      const given = isJsonObject(component) ? component : {};
      const kind = byName.get(String(given.type));
      if (kind) return kind.create(given, build) as Behaviour;
      const registered = given.class_name === undefined ? null : standIn(given.class_name);
      const fillIn = (inner: JsonObject) => propagate(inner, byName, new Origins());
      if (registered) return createCustom(registered, given, build, fillIn) as Behaviour;
      throw new WeirError({
        kind: 'config',
        code: 'unsupported_component',
        message: `Weir does not run ${String(given.class_name ?? given.type ?? 'this component')}.`,
      });
    },
  };
  return build;
}
