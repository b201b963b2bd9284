import type { CheckResult } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ManifestStream } from '#lib/manifest/manifest.ts';
import { nearest } from '#lib/manifest/template/template-error.ts';
import type { ExtractContext } from '../source.ts';
import type { MadeStream, SourceStreams } from '../source-streams.ts';
import { type Checker, listOf, OVERRIDES, overrideProblems, tryStreams } from './checker.ts';

/** Whoever runs the connector may name the streams to test here, in the config. */
const NAMES_IN_CONFIG = '__airbyte_check_stream_names';

export const dynamicStreamCheckConfig = defineKind<null>({
  name: 'DynamicStreamCheckConfig',
  family: 'dynamic_check',
  docs: 'How many streams of a template a test reads.',
  example: 'type: DynamicStreamCheckConfig\ndynamic_stream_name: tables\nstream_count: 1\n',
  fields: {
    dynamic_stream_name: { docs: 'Name of the template.', required: true, types: ['string'] },
    stream_count: { docs: 'So many of its streams; all of them when absent.', types: ['integer'] },
  },
  problems: ({ stream_count: count }) =>
    typeof count === 'number' && count < 1 ? [{ field: 'stream_count', message: 'stream_count is at least 1.' }] : [],
  create: () => null,
});

export const checkStream = defineKind<Checker>({
  name: 'CheckStream',
  family: 'check',
  docs: 'A test reads the first record of these streams.',
  example: 'type: CheckStream\nstream_names: [orders]\n',
  fields: {
    stream_names: { docs: 'The streams.', types: ['array'] },
    dynamic_streams_check_configs: component('Streams of templates.', 'dynamic_check', {
      types: ['array'],
      defaultType: 'DynamicStreamCheckConfig',
    }),
    config_overrides: OVERRIDES,
  },
  problems: overrideProblems,
  create: (check) => ({
    overrides: isJsonObject(check.config_overrides) ? check.config_overrides : {},
    async check(context, streams, config) {
      const tried: ManifestStream[] = [];
      for (const name of namesIn(check, config)) {
        const stream = await streams.find(context, name);
        if (!stream) return unknown(name, streams);
        tried.push(stream);
      }
      for (const entry of listOf(check.dynamic_streams_check_configs).filter(isJsonObject)) {
        const found = await ofTemplate(context, streams, entry);
        if ('ok' in found) return found;
        tried.push(...found);
      }
      return tryStreams(context, streams, tried);
    },
  }),
});

function namesIn(check: JsonObject, config: JsonObject): string[] {
  const named = listOf(config[NAMES_IN_CONFIG]);
  return (named.length > 0 ? named : listOf(check.stream_names)).map(String);
}

function unknown(name: string, { declared }: SourceStreams): CheckResult {
  const near = nearest(
    name,
    declared.map((stream) => stream.name),
  );
  const hint = near ? ` Did you mean ${near}?` : '';
  return { ok: false, message: `check names the stream ${name}, which is not there with this config.${hint}` };
}

async function ofTemplate(
  context: ExtractContext,
  streams: SourceStreams,
  { dynamic_stream_name: template, stream_count: count }: JsonObject,
): Promise<MadeStream[] | CheckResult> {
  if (!streams.templates.includes(String(template)))
    return { ok: false, message: `check names the dynamic stream ${String(template)}, which is not declared.` };
  const made = (await streams.made(context)).filter((stream) => stream.template === template);
  return typeof count === 'number' ? made.slice(0, count) : made;
}
