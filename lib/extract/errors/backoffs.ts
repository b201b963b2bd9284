import type { JsonObject } from '#lib/json.ts';
import { type Build, defineKind, type Field, template } from '#lib/manifest/kind.ts';
import { interpolate, interpolateText, plain } from '#lib/manifest/template/interpolate.ts';
import type { Answer, Backoff } from '../families.ts';
import { scopeOf } from '../scope.ts';

const number = (docs: string, required = false): Field => ({
  docs,
  types: ['number', 'string'],
  variables: ['config', 'parameters'],
  ...(required && { required }),
});
const numberOf = (value: unknown, component: JsonObject, build: Build): number =>
  Number(typeof value === 'string' ? plain(interpolate(value, scopeOf(build, component))) : value);

export const constantBackoff = defineKind<Backoff>({
  name: 'ConstantBackoffStrategy',
  family: 'backoff',
  docs: 'Waits the same time before every try.',
  example: 'type: ConstantBackoffStrategy\nbackoff_time_in_seconds: 5\n',
  fields: {
    backoff_time_in_seconds: number('Seconds.', true),
    jitter_range_in_seconds: number('Not used: waits are as declared.'),
  },
  create: (backoff, build) => ({ seconds: () => numberOf(backoff.backoff_time_in_seconds, backoff, build) }),
});

export const exponentialBackoff = defineKind<Backoff>({
  name: 'ExponentialBackoffStrategy',
  family: 'backoff',
  docs: 'Waits factor × 2^try seconds.',
  example: 'type: ExponentialBackoffStrategy\nfactor: 5\n',
  fields: { factor: number('5 when absent.') },
  create: (backoff, build) => ({
    seconds: (_answer, tries) => numberOf(backoff.factor ?? 5, backoff, build) * 2 ** tries,
  }),
});

export const waitTimeFromHeader = defineKind<Backoff>({
  name: 'WaitTimeFromHeader',
  family: 'backoff',
  docs: 'Waits the seconds that a header of the answer names.',
  example: 'type: WaitTimeFromHeader\nheader: Retry-After\n',
  fields: {
    header: template('Name of the header.', [], { required: true }),
    regex: { docs: 'Takes the first group of its match.', types: ['string'] },
    max_waiting_time_in_seconds: { docs: 'A longer wait fails instead.', types: ['number'] },
  },
  create: (backoff, build) => ({
    seconds(answer) {
      const seconds = headerNumber(answer, backoff, build);
      const most = backoff.max_waiting_time_in_seconds;
      return seconds !== null && typeof most === 'number' && seconds >= most ? most : seconds;
    },
  }),
});

export const waitUntilTimeFromHeader = defineKind<Backoff>({
  name: 'WaitUntilTimeFromHeader',
  family: 'backoff',
  docs: 'Waits until the time that a header names in seconds since 1970.',
  example: 'type: WaitUntilTimeFromHeader\nheader: X-RateLimit-Reset\nmin_wait: 5\n',
  fields: {
    header: template('Name of the header.', [], { required: true }),
    min_wait: number('Never shorter than this.'),
    regex: { docs: 'Takes the first group of its match.', types: ['string'] },
  },
  create: (backoff, build) => ({
    seconds(answer) {
      const until = headerNumber(answer, backoff, build);
      const least = backoff.min_wait === undefined ? null : numberOf(backoff.min_wait, backoff, build);
      if (until === null) return least;
      const wait = until - build.now().getTime() / 1000;
      return least !== null ? Math.max(least, wait) : wait > 0 ? wait : null;
    },
  }),
});

function headerNumber(answer: Answer | null, backoff: JsonObject, build: Build): number | null {
  const name = interpolateText(String(backoff.header), scopeOf(build, backoff)).toLowerCase();
  const header = answer?.headers[name];
  if (typeof header !== 'string') return null;
  const text =
    typeof backoff.regex === 'string'
      ? new RegExp(backoff.regex.slice(0, 500)).exec(header.slice(0, 1_000))?.[1]
      : header;
  const value = Number(text);
  return text === undefined || Number.isNaN(value) ? null : value;
}
