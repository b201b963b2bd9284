import { setTimeout as sleep } from 'node:timers/promises';
import { refusingClient } from '#lib/extract/http/refusing-client.ts';
import type { ExtractContext, PlannedSlice, PlannedSource, StreamPlan } from '#lib/extract/source.ts';
import { type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import { stateOf } from './protocol-state.ts';

/** Slices that are shown of a stream. */
const SHOWN = 20;
const BODY_SHOWN = 200;

interface Options {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly state: JsonValue;
  readonly streams: readonly string[] | undefined;
  readonly json: boolean;
}

/** `plan`: what a read would ask for, stream by stream, as lines or as JSON. Nothing is sent. */
export async function planCommand(source: PlannedSource, config: JsonObject, options: Options): Promise<number> {
  const { signal, log, state, streams, json } = options;
  const context: ExtractContext = {
    ...{ http: refusingClient, log, signal, clock: () => new Date() },
    sleep: async (ms, other = signal) => {
      await sleep(ms, undefined, { signal: other });
    },
  };
  const { names, unknown } = await source.names(context, config);
  for (const stream of streams ?? names) {
    const plan = await source
      .plan(context, config, { stream, state: stateOf(state, stream), mostSlices: SHOWN })
      .catch((error: Error) => ({ ...NOTHING, stream, reason: error.message }));
    process.stdout.write(json ? `${stringifyJson(plan)}\n` : planText(plan));
  }
  if (!json && !streams)
    for (const template of unknown)
      process.stdout.write(`${template}: its streams are known once the API is asked for them\n`);
  return 0;
}

const NOTHING = { slices: [], count: 0, unknownUntil: null };

function planText({ stream, slices, count, unknownUntil, reason }: StreamPlan): string {
  const of = unknownUntil === null ? '' : ` for each partition; the partitions are known once ${unknownUntil} was read`;
  const head = reason ?? `${count} ${count === 1 ? 'slice' : 'slices'}${of}`;
  const rest = count > slices.length ? [`  … ${count - slices.length} more`] : [];
  return `${[`${stream}: ${head}`, ...slices.flatMap(sliceLines), ...rest].join('\n')}\n`;
}

function sliceLines({ slice, request, before }: PlannedSlice): string[] {
  return [
    `  ${slice}`,
    ...(before ? [`    ${before}`] : []),
    request ? `    ${request.method} ${request.url}` : '    its first request is known once what comes before was read',
    ...(request?.body ? [`      ${request.body.slice(0, BODY_SHOWN)}`] : []),
  ];
}
