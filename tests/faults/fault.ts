import { test } from 'vitest';
import { FAULTS } from './catalogue.ts';

const TIMEOUT_MS = 120_000;

/** With `npm run faults` all are tried; `npm test` tries those that are a sample. */
const ALL = process.env.WEIR_FAULTS === 'all';

interface Options {
  /** Part of what `npm test` tries: quick, and unlike the others of the sample. */
  readonly sample?: boolean;
  /** For what takes long by its nature, such as all pages up to the limit. */
  readonly timeoutMs?: number;
}

/** One entry of the catalogue as a test, under its number and name. */
export function fault(
  number: keyof typeof FAULTS,
  run: () => Promise<void>,
  { sample = false, timeoutMs = TIMEOUT_MS }: Options = {},
): void {
  const name = FAULTS[number];
  if (name === undefined) throw new Error(`The catalogue has no fault ${number}.`);
  if (ALL || sample) test(`${String(number).padStart(2, '0')} ${name}`, run, timeoutMs);
}
