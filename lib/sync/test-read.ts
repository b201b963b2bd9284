import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { type Fault, misbehaving } from '#lib/extract/manifest-tests/misbehaving.ts';
import { caseOf } from '#lib/extract/manifest-tests/record-test.ts';
import { recordedApi } from '#lib/extract/manifest-tests/recorded-api.ts';
import { recording } from '#lib/extract/manifest-tests/recording.ts';
import { configured, frozenContext } from '#lib/extract/manifest-tests/run-test.ts';
import type { Seen } from '#lib/extract/preview-templates.ts';
import type { Exchange, ExtractContext, PlannedSource, ReadEvent, ReadLimits } from '#lib/extract/source.ts';
import { isJsonObject, type JsonObject, parseJson, stringifyJson } from '#lib/json.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import type { ProbeWriter } from './probe-writer.ts';

const READ_LIMITS = { maxSlices: 3, maxPages: 5, maxRecords: 1_000 };
/** Of one test; the browser holds them all. */
const RECORDS_SHOWN = 5_000;
const CHARACTERS_SHOWN = 4_000_000;

/** What a test is asked to do, beside the manifest and the config. */
interface TestRequest {
  readonly stream: string;
  readonly state: JsonObject | null;
  readonly limits: ReadLimits;
  /** How the API is made to misbehave. */
  readonly faults: readonly Fault[];
  /** Answers to read in place of the API's. */
  readonly replay: ManifestTest | null;
}

type Page = Extract<ReadEvent, { type: 'page' }>;

/**
 * Reads a stream as a sync would, and tells of it as it goes: pages, states, a log. At the end come what the templates make of the last
 * page, and the recording of what the API answered, without secrets: it can be read again, or kept as a test.
 */
export async function testRead(outer: ExtractContext, input: JsonObject, events: ProbeWriter): Promise<void> {
  const asked = requestOf(input);
  const { replay } = asked;
  const source = createManifestSource(input.compiled as unknown as Manifest);
  const config = objectOf(replay ? replay.config : input.config);
  let last: Exchange | null = null;
  const context: ExtractContext = {
    ...outer,
    onExchange: (exchange) => {
      last = exchange;
      events.add({ type: 'exchange', exchange });
    },
  };
  const log = (level: string, message: string) =>
    events.add({ type: 'log', level, message, at: new Date().toISOString() });
  const read = replay ? replayed(context, replay) : recorded(context, asked.faults, log);
  const ended = await readPages(source, read.context, { config, asked, tell: teller(events, log) });
  const seen = seenLast(last, ended.page);
  if (seen)
    events.add({ type: 'templates', templates: await source.preview(read.context, config, asked.stream, seen) });
  if (!replay && asked.faults.length === 0)
    tellRecording(source, read, { config, asked, failed: ended.failed }, events);
  if (ended.failed) throw ended.error;
}

/** What failed before an answer came is nothing to keep. */
function tellRecording(
  source: PlannedSource,
  { seen, startedAt, refusal }: Read,
  { config, asked, failed }: { config: JsonObject; asked: TestRequest; failed: boolean },
  events: ProbeWriter,
): void {
  const refused = refusal();
  const exchanges = seen();
  if (refused) events.add({ type: 'recording', refused: refused.message });
  if (refused || exchanges.length === 0) return;
  const name = asked.state === null ? 'reads what the API gave' : 'goes on from a state';
  const { maxPages: pages = READ_LIMITS.maxPages, maxSlices: slices = READ_LIMITS.maxSlices } = asked.limits;
  const given = { name, stream: asked.stream, config, ...(asked.state && { state: asked.state }), pages, slices };
  events.add({ type: 'recording', failed, test: caseOf(source, { ...given, startedAt, seen: exchanges }) });
}

function requestOf({ stream, state, limits, faults, replay }: JsonObject): TestRequest {
  return {
    stream: String(stream),
    state: isJsonObject(state) ? state : null,
    limits: { ...READ_LIMITS, ...(objectOf(limits) as ReadLimits) },
    faults: (Array.isArray(faults) ? faults : []) as unknown as Fault[],
    replay: isJsonObject(replay) ? (replay as unknown as ManifestTest) : null,
  };
}

interface Read {
  readonly context: ExtractContext;
  readonly startedAt: Date;
  readonly seen: ReturnType<typeof recording>['seen'];
  readonly refusal: ReturnType<typeof recording>['refusal'];
}

/** What templates call now stands still but for the waits, as it will when the recording is read. */
function recorded(
  context: ExtractContext,
  faults: readonly Fault[],
  log: (level: string, message: string) => void,
): Read {
  const startedAt = context.clock();
  startedAt.setUTCMilliseconds(0);
  let now = startedAt.getTime();
  const sleep: ExtractContext['sleep'] = async (ms, signal) => {
    await context.sleep(ms, signal);
    now += ms;
  };
  const kept = recording(context.http, { strict: false });
  const means = { sleep: (ms: number) => sleep(ms), say: (message: string) => log('warn', message) };
  const http = faults.length === 0 ? kept.http : misbehaving(kept.http, faults, means);
  return { ...kept, startedAt, context: { ...context, http, sleep, now: () => new Date(now) } };
}

function replayed(context: ExtractContext, replay: ManifestTest): Read {
  const api = recordedApi(replay.exchanges);
  const inner = { ...context, ...frozenContext(api.http, replay.now) };
  return { context: inner, startedAt: new Date(0), seen: () => [], refusal: () => null };
}

interface Reading {
  readonly config: JsonObject;
  readonly asked: TestRequest;
  readonly tell: (event: ReadEvent) => void;
}

interface Ended {
  /** The last one. */
  readonly page: Page | null;
  readonly failed: boolean;
  readonly error?: unknown;
}

async function readPages(
  source: PlannedSource,
  context: ExtractContext,
  { config, asked, tell }: Reading,
): Promise<Ended> {
  const { stream, state, limits } = asked;
  let page: Page | null = null;
  const request = { stream: configured(stream), state, limits, keepRaw: true };
  try {
    for await (const event of source.read(context, config, request)) {
      tell(event);
      if (event.type === 'page') page = event;
    }
    return { page, failed: false };
  } catch (error) {
    return { page, failed: true, error };
  }
}

function teller(events: ProbeWriter, log: (level: string, message: string) => void): (event: ReadEvent) => void {
  let [left, characters] = [RECORDS_SHOWN, CHARACTERS_SHOWN];
  return (event) => {
    if (event.type === 'page') {
      const { slice, page, read, filtered } = event;
      const records = event.records.slice(0, left).filter((record) => {
        characters -= stringifyJson(record).length;
        return characters > 0;
      });
      left -= records.length;
      const raw = event.raw?.slice(0, records.length) ?? records;
      events.add({ type: 'page', slice, page, read, filtered, records, raw });
      log('info', `page ${page}: ${read} read, ${filtered} filtered`);
    } else if (event.type === 'slice_closed') {
      events.add({ type: 'state', state: event.state });
      log('info', `slice ${event.slice} done`);
    } else if (event.type === 'notice') log(event.level, event.message);
  };
}

/** Null when the last answer was no whole JSON: templates look into it. */
function seenLast(exchange: Exchange | null, page: Page | null): Seen | null {
  if (!exchange?.response) return null;
  try {
    return {
      response: parseJson(exchange.response.body),
      headers: exchange.response.headers,
      record: page?.records.at(-1) ?? null,
      raw: page?.raw?.at(-1) ?? page?.records.at(-1) ?? null,
      lastPageSize: page?.records.length ?? 0,
      partition: page?.partition ?? {},
    };
  } catch {
    return null;
  }
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
