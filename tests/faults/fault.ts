import { test } from 'vitest';
import { FAULTS } from './catalogue.ts';

const TIMEOUT_MS = 300_000;

/** With `npm run faults` all are tried; `npm test` tries those that are a sample. */
const ALL = process.env.WEIR_FAULTS === 'all';

interface Options {
  /** Part of what `npm test` tries: quick, and unlike the others of the sample. */
  readonly sample?: boolean;
  /** It does something to processes, or to the whole service, that would show in others beside it. */
  readonly alone?: boolean;
}

/** One entry of the catalogue as a test, under its number and name. Most run beside each other, since they mostly wait. */
export function fault(
  number: keyof typeof FAULTS,
  run: () => Promise<void>,
  { sample = false, alone = false }: Options = {},
): void {
  const name = FAULTS[number];
  if (name === undefined) throw new Error(`The catalogue has no fault ${number}.`);
  const title = `${String(number).padStart(2, '0')} ${name}`;
  if (ALL || sample) (alone ? test : test.concurrent)(title, () => run(), TIMEOUT_MS);
}
