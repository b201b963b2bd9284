import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import type { Answer, Backoff, ErrorHandler, Resolution, ResponseFilter } from '../families.ts';
import { scopeOf } from '../scope.ts';

const DEFAULT_RETRIES = 5;
/** The CDK waits a second more than a strategy says. */
const MARGIN_S = 1;
const MEANINGS: Record<number, Resolution> = {
  400: { action: 'FAIL', failureType: 'system_error' },
  401: { action: 'FAIL', failureType: 'config_error' },
  403: { action: 'FAIL', failureType: 'config_error' },
  404: { action: 'FAIL', failureType: 'system_error' },
  405: { action: 'FAIL', failureType: 'system_error' },
  408: { action: 'RETRY', failureType: 'transient_error' },
  429: { action: 'RATE_LIMITED', failureType: 'transient_error' },
  500: { action: 'RETRY', failureType: 'transient_error' },
  502: { action: 'RETRY', failureType: 'transient_error' },
  503: { action: 'RETRY', failureType: 'transient_error' },
  504: { action: 'RETRY', failureType: 'transient_error' },
};

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
        return meaningOf(answer);
      },
      resolveError: (error) => ({ action: error.kind === 'transient' ? 'RETRY' : 'FAIL' }),
      backoff(answer, tries) {
        for (const backoff of backoffs) {
          const seconds = backoff.seconds(answer, tries);
          if (seconds !== null) return seconds + MARGIN_S;
        }
        return null;
      },
    };
  },
});

function meaningOf({ status }: Answer): Resolution {
  if (status < 400) return { action: 'SUCCESS' };
  return MEANINGS[status] ?? { action: 'RETRY', failureType: 'system_error' };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
