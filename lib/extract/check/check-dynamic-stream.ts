import { isJsonObject } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { type Checker, OVERRIDES, overrideProblems, tryStreams } from './checker.ts';

export const checkDynamicStream = defineKind<Checker>({
  name: 'CheckDynamicStream',
  family: 'check',
  docs: 'A test makes the streams of the templates and reads the first record of so many.',
  example: 'type: CheckDynamicStream\nstream_count: 1\n',
  fields: {
    stream_count: { docs: 'So many streams are read.', required: true, types: ['integer'] },
    use_check_availability: {
      docs: 'false: it is enough that the streams could be made; true when absent.',
      types: ['boolean'],
    },
    config_overrides: OVERRIDES,
  },
  problems: overrideProblems,
  create: (check) => ({
    overrides: isJsonObject(check.config_overrides) ? check.config_overrides : {},
    async check(context, streams) {
      const all = await streams.readable(context);
      if (all.length === 0) return { ok: false, message: 'There are no streams with this config.' };
      if (check.use_check_availability === false) return { ok: true, message: `There are ${all.length} streams.` };
      return tryStreams(context, streams, all.slice(0, Number(check.stream_count)));
    },
  }),
});
