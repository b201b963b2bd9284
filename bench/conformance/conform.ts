import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { asObject, firstDifference } from './compare.ts';
import { compareCatalogs, compareRuns, type Outcome, type Run, savedTogether, type Verdict } from './compare-stream.ts';
import { configFor } from './config.ts';
import type { MockApi } from './mock/server.ts';
import type { Worker } from './worker.ts';

export interface StreamResult {
  readonly name: string;
  readonly records: boolean;
  readonly state: boolean;
  readonly requests: boolean;
  readonly reason: string | null;
  readonly outcome: Outcome;
  readonly counts?: Verdict['counts'];
  readonly saved?: Verdict['saved'];
}

export interface ManifestResult {
  readonly path: string;
  readonly valid: boolean;
  readonly spec: boolean;
  readonly catalog: boolean;
  readonly reason: string | null;
  readonly streams: StreamResult[];
}

export interface Engines {
  readonly weir: Worker;
  readonly cdk: Worker;
  readonly mock: MockApi;
  readonly now: Date;
}

/** Of an error in a reason. */
const MOST_SAID = 600;
/** The longest that one stream may take, both engines and both runs together. */
const STREAM_MS = 90_000;

/** Compares the two engines on one manifest. `deadline` is in ms since 1970; what is not reached by then counts as different. */
export async function conform(
  path: string,
  engines: Engines,
  deadline: number,
  onlyStream: string | null,
): Promise<ManifestResult> {
  const { weir, cdk } = engines;
  const ask = (worker: Worker, request: JsonObject) => worker.ask({ path, ...request }, deadline - Date.now());
  const [ours, theirs] = [
    asObject((await ask(weir, { command: 'load' })) ?? {}),
    asObject((await ask(cdk, { command: 'load' })) ?? {}),
  ];
  const nothing = { path, valid: false, spec: false, catalog: false, streams: [] };
  if (theirs.valid !== true) {
    const both = ours.valid !== true;
    const refusal = oneLine(`the cdk refuses it: ${String(theirs.error ?? cdk.lastWords)}`);
    const reason = both ? `${refusal} | so does weir: ${oneLine(String(ours.error ?? weir.lastWords))}` : refusal;
    return { ...nothing, valid: both, spec: both, catalog: both, reason };
  }
  const manifest = asObject(theirs.manifest);
  // Without a spec in the manifest the CDK looks for a file beside it, which nobody has here.
  const hasSpec = theirs.specError === undefined || manifest.spec !== undefined;
  const specDifference =
    ours.valid === true && hasSpec ? firstDifference(present(ours.spec), present(theirs.spec)) : null;
  const config = configFor(asObject(asObject(theirs.spec).connectionSpecification), manifest, engines.now);
  engines.mock.becomeSource(manifest, { config, now: () => engines.now });
  const [ourCatalog, theirCatalog] = [
    ours.valid === true ? asObject((await ask(weir, { command: 'discover', config })) ?? {}) : {},
    asObject((await ask(cdk, { command: 'discover', config })) ?? {}),
  ];
  const catalogDifference = ourCatalog.error
    ? `weir can't discover: ${String(ourCatalog.error)}${theirCatalog.error ? `, nor can the cdk: ${String(theirCatalog.error)}` : ''}`
    : theirCatalog.error
      ? `the cdk can't discover: ${String(theirCatalog.error)}`
      : compareCatalogs(ourCatalog.streams, withoutRefused(theirCatalog.streams, ours.refused));
  const seen = isJsonObject(theirCatalog.config) ? theirCatalog.config : config;
  const streams: StreamResult[] = [];
  const parents = parentsIn(manifest);
  const made = Object.values(asObject(theirCatalog.made)).filter(isJsonObject);
  const all = [...streamsOf(manifest), ...made.map((component) => [null, component] as const)];
  for (const [index, component] of all) {
    const name = String(component.name ?? '');
    if (onlyStream !== null && name !== onlyStream) continue;
    const described = listOf(theirCatalog.streams).find((stream) => stream.name === name);
    const missed = (outcome: Outcome, reason: string) =>
      streams.push({ name, records: false, state: false, requests: false, outcome, reason });
    const listed = [theirCatalog.streams, ourCatalog.streams].some((streams) =>
      listOf(streams).some((stream) => stream.name === name),
    );
    // With this config its condition does not hold, for neither.
    if (index !== null && isConditional(manifest, index) && !listed) continue;
    const refused = asObject(ours.refused)[name];
    if (typeof refused === 'string') missed('refused', refused);
    else if (ours.valid !== true) missed('differs', 'weir refuses the manifest');
    else if (!described) missed('no answer', 'not in the cdk’s catalog');
    else if (Date.now() > deadline) missed('no answer', 'not reached in the time for one manifest');
    else {
      const isParent = parents.has(name);
      const task = {
        ...{ path, config, seen, index, described, component, isParent, manifest },
        deadline: Math.min(deadline, Date.now() + STREAM_MS),
      };
      const verdict = await conformStream(engines, task).catch((error: unknown) => String((error as Error).stack));
      if (typeof verdict === 'string') missed('no answer', oneLine(`the harness failed: ${verdict}`));
      else streams.push({ name, ...verdict });
    }
  }
  return {
    path,
    valid: ours.valid === true,
    spec: ours.valid === true && specDifference === null,
    catalog: ours.valid === true && catalogDifference === null,
    reason:
      [
        ours.valid === true ? null : `weir refuses it: ${String(ours.error ?? weir.lastWords)}`,
        specDifference && `spec ${specDifference}`,
        catalogDifference && `catalog ${catalogDifference}`,
      ]
        .filter(Boolean)
        .join(' | ') || null,
    streams,
  };
}

interface StreamTask {
  readonly path: string;
  readonly config: JsonObject;
  /** The config as templates see it: the manifest may have rules that change it. */
  readonly seen: JsonObject;
  /** Among the streams of the manifest; null for one that was made of a template. */
  readonly index: number | null;
  readonly described: JsonObject;
  readonly component: JsonObject;
  readonly isParent: boolean;
  readonly manifest: JsonObject;
  readonly deadline: number;
}

/** Reads a stream with both engines; an incremental one again, with the state of the first time. */
async function conformStream(engines: Engines, task: StreamTask): Promise<Verdict> {
  const { isParent, index, manifest } = task;
  const reading = { isParent, ...(index === null && { source: manifest }) };
  engines.mock.become(task.component, { config: task.seen, now: () => engines.now }, reading);
  const first = await readBoth(engines, task, null);
  const verdict = compareRuns(first.ours, first.theirs, '');
  const state = first.theirs.answer?.state;
  const { supported_sync_modes: modes } = task.described;
  if (!Array.isArray(modes) || !modes.includes('incremental') || !isJsonObject(state) || first.theirs.answer?.error)
    return verdict;
  const second = await readBoth(engines, task, state);
  const again = compareRuns(second.ours, second.theirs, 'with state: ');
  const saved = savedTogether(verdict.saved, again.saved);
  return {
    records: verdict.records && again.records,
    state: verdict.state && again.state,
    requests: verdict.requests && again.requests,
    reason: [verdict.reason, again.reason].filter(Boolean).join(' || ') || null,
    outcome: WORST.find((outcome) => [verdict.outcome, again.outcome].includes(outcome)) ?? 'empty',
    counts: {
      records: verdict.counts.records + again.counts.records,
      requests: verdict.counts.requests + again.counts.requests,
    },
    ...(saved && { saved }),
  };
}

/** Of two runs the one that says more counts. */
const WORST: readonly Outcome[] = ['refused', 'no answer', 'differs', 'both fail', 'fewer requests', 'read', 'empty'];

async function readBoth(
  { weir, cdk, mock }: Engines,
  { path, config, index, described, deadline }: StreamTask,
  state: JsonObject | null,
) {
  const read = async (worker: Worker): Promise<Run> => {
    mock.forget();
    const request = { command: 'read', path, config, index, stream: described, state };
    const answer = await worker.ask(request, deadline - Date.now());
    return { answer, requests: mock.forget() };
  };
  const theirs = await read(cdk);
  return { ours: await readAgainAfterRestart(weir, read, path, config), theirs };
}

/** Our worker keeps the manifest that it loaded: after a restart it has to load it again. */
async function readAgainAfterRestart(
  weir: Worker,
  read: (worker: Worker) => Promise<Run>,
  path: string,
  config: JsonObject,
): Promise<Run> {
  if (!weir.isRunning) {
    await weir.ask({ command: 'load', path }, 60_000);
    await weir.ask({ command: 'discover', path, config }, 60_000);
  }
  return read(weir);
}

function oneLine(text: string): string {
  return text.slice(0, MOST_SAID).replaceAll(/\s+/g, ' ');
}

/** Each with its place in the manifest; those of a condition have the same. */
function streamsOf(manifest: JsonObject): (readonly [number, JsonObject])[] {
  return listOf(manifest.streams).flatMap((entry, index) =>
    isConditional(manifest, index)
      ? listOf(entry.streams).map((component) => [index, component] as const)
      : [[index, entry] as const],
  );
}

function isConditional(manifest: JsonObject, index: number): boolean {
  return listOf(manifest.streams)[index]?.type === 'ConditionalStreams';
}

/** Names of the streams that others have as parents. */
function parentsIn(value: JsonValue, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) parentsIn(item, found);
  if (!isJsonObject(value)) return found;
  if (value.type === 'ParentStreamConfig') found.add(String(asObject(value.stream).name));
  for (const [key, inner] of Object.entries(value)) if (key !== 'schema') parentsIn(inner, found);
  return found;
}

/** What Weir refuses by name for want of a Python class is told at the stream. */
function withoutRefused(streams: JsonValue | undefined, refused: JsonValue | undefined): JsonValue {
  return listOf(streams).filter(({ name }) => asObject(refused)[String(name)] === undefined);
}

function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Null, false and absent say the same in the head of a spec message, null and absent below it. */
function present(value: JsonValue | undefined): JsonValue {
  const head = Object.entries(asObject(value)).filter(([, item]) => item !== false);
  const text = stringifyJson(Object.fromEntries(head));
  return JSON.parse(text, (_key, item) => (item === null ? undefined : item));
}
