import { WeirError } from '#lib/errors.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

/** Where the manifest says nothing; the CDK's own number. */
export const DEFAULT_CONCURRENCY = 2;
/** However many the manifest asks for. */
const MOST = 64;

export const concurrencyLevel = defineKind<number>({
  name: 'ConcurrencyLevel',
  family: 'concurrency_level',
  docs: 'How many slices of a stream are read at once.',
  example: `type: ConcurrencyLevel\ndefault_concurrency: "{{ config.get('num_workers', 4) }}"\nmax_concurrency: 10\n`,
  fields: {
    default_concurrency: {
      docs: 'The number, or a template over the config.',
      required: true,
      types: ['integer', 'string'],
      variables: ['config', 'parameters'],
    },
    max_concurrency: { docs: 'Not more than this, whatever the config says.', types: ['integer'] },
  },
  problems: ({ default_concurrency: level, max_concurrency: most }) =>
    typeof level === 'string' && level.includes('config') && !most
      ? [
          {
            field: 'default_concurrency',
            message: 'A default_concurrency that users may set needs max_concurrency.',
            hint: 'For example max_concurrency: 10.',
          },
        ]
      : [],
  create(level, build) {
    const { default_concurrency: source, max_concurrency: most } = level;
    const found = typeof source === 'string' ? plain(interpolate(source, scopeOf(build, level))) : source;
    if (typeof found !== 'number' || !Number.isInteger(found))
      throw new WeirError({
        kind: 'config',
        code: 'bad_concurrency',
        message: `default_concurrency is ${JSON.stringify(source)}, which gives ${String(found)} and no whole number.`,
        hint: 'Correct the value in the config, or concurrency_level in the manifest.',
      });
    const limit = typeof source === 'string' && typeof most === 'number' && most > 0 ? most : MOST;
    return Math.max(1, Math.min(found, limit, MOST));
  },
});
