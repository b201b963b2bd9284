import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import type { Backoff, ErrorHandler, ResponseFilter } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { meaningOf } from './default-meanings.ts';

const DEFAULT_RETRIES = 5;
/** The CDK waits a second more than a strategy says. */
const MARGIN_S = 1;

export const defaultErrorHandler = defineKind<ErrorHandler>({
  name: 'DefaultErrorHandler',
  family: 'error_handler',
  docs: 'Filters first, then what the status usually means; tries again with back-off.',
  example:
    'type: DefaultErrorHandler\nmax_retries: 3\nresponse_filters:\n  - { http_codes: [404], action: IGNORE }\nbackoff_strategies:\n  - { type: ExponentialBackoffStrategy, factor: 2 }\n',
  fields: {
    response_filters: component('What certain answers mean; the first that matches counts.', 'response_filter', {
      types: ['array'],
      defaultType: 'HttpResponseFilter',
    }),
    max_retries: {
      docs: 'Tries after the first; 5 when absent.',
      types: ['integer', 'string'],
      variables: ['config', 'parameters'],
    },
    backoff_strategies: component('How long to wait; the first that knows counts.', 'backoff', { types: ['array'] }),
  },
  create(handler, build) {
    const filters = list(handler.response_filters).map((filter) => build.create<ResponseFilter>(filter));
    const backoffs = list(handler.backoff_strategies).map((backoff) => build.create<Backoff>(backoff));
    const { max_retries: most } = handler;
    return {
      maxRetries: Number(
        typeof most === 'string' ? plain(interpolate(most, scopeOf(build, handler))) : (most ?? DEFAULT_RETRIES),
      ),
      resolve(answer) {
        for (const filter of filters) {
          const resolution = filter.matches(answer);
          if (resolution) return resolution;
        }
        return meaningOf(answer.status);
      },
      resolveError: (error) => ({ action: error.kind === 'transient' ? 'RETRY' : 'FAIL' }),
      backoff(answer, tries) {
        for (const backoff of backoffs) {
          const seconds = backoff.seconds(answer, tries);
          // No wait at all is no answer: the next strategy decides.
          if (seconds) return seconds + MARGIN_S;
        }
        return null;
      },
    };
  },
});

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
