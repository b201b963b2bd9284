import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Build, defineKind, type Field, template } from '#lib/manifest/kind.ts';
import { interpolate, interpolateText, plain } from '#lib/manifest/template/interpolate.ts';
import { search } from '#lib/manifest/template/python-regex.ts';
import type { Answer, Backoff } from '../families.ts';
import { scopeOf } from '../scope.ts';

/** Longer headers are cut before a pattern looks at them. */
const LONGEST_HEADER = 1_000;

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
  fields: {
    factor: number('5 when absent.'),
    jitter_range_in_seconds: number('Not used: waits are as declared.'),
  },
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
    regex: template('What matches at the beginning of the header is the number.'),
    max_waiting_time_in_seconds: number('A wait as long as this, or longer, fails instead.'),
  },
  create: (backoff, build) => ({
    seconds(answer) {
      const seconds = headerNumber(answer, backoff, build);
      return seconds ? capped(seconds, backoff, build) : seconds;
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
    regex: template('What matches at the beginning of the header is the number.'),
    max_waiting_time_in_seconds: number('A wait as long as this, or longer, fails instead.'),
  },
  create: (backoff, build) => ({
    seconds(answer) {
      const until = headerNumber(answer, backoff, build);
      const least = backoff.min_wait === undefined ? 0 : numberOf(backoff.min_wait, backoff, build);
      const wait = until ? until - build.now().getTime() / 1000 : 0;
      const seconds = Math.max(wait, least);
      return seconds > 0 ? capped(seconds, backoff, build) : null;
    },
  }),
});

/** @throws WeirError where the manifest does not allow to wait so long */
function capped(seconds: number, backoff: JsonObject, build: Build): number {
  const { max_waiting_time_in_seconds: source } = backoff;
  if (source === undefined || source === null) return seconds;
  const most = numberOf(source, backoff, build);
  if (seconds < most) return seconds;
  throw new WeirError({
    kind: 'transient',
    code: 'wait_too_long',
    message: `The API asks to wait ${Math.ceil(seconds)} s, and the manifest allows less than ${most} s.`,
    hint: 'Sync again later, or allow a longer wait in max_waiting_time_in_seconds.',
  });
}

function headerNumber(answer: Answer | null, backoff: JsonObject, build: Build): number | null {
  const text = (value: unknown) => interpolateText(String(value), scopeOf(build, backoff));
  const header = answer?.headers[text(backoff.header).toLowerCase()];
  if (typeof header !== 'string' || header === '') return null;
  const found = backoff.regex ? search(text(backoff.regex), header.slice(0, LONGEST_HEADER)) : null;
  // As in the CDK: where nothing matches at the beginning, the header as a whole is tried.
  const value = Number(found?.index === 0 ? found[0] : header);
  return Number.isNaN(value) ? null : value;
}
