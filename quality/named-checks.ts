import { WeirError } from '#lib/errors.ts';
import { didYouMean } from './nearest-name.ts';
import type { Check } from './suite.ts';

const MOST_NAMED = 20;

/** The checks of this key or name; where there is none, all that have the text in their name. @throws WeirError `no_such_check` */
export function namedChecks(checks: readonly Check[], name: string): readonly Check[] {
  const wanted = name.trim().toLowerCase();
  const exact = checks.filter(({ key, title }) => [key, title].some((each) => each.toLowerCase() === wanted));
  const found = exact.length > 0 ? exact : checks.filter(({ title }) => title.toLowerCase().includes(wanted));
  if (found.length > 0 && wanted !== '') return found;
  const titles = checks.map(({ title }) => title);
  throw new WeirError({
    kind: 'config',
    code: 'no_such_check',
    message: `No check is called ${name.slice(0, 200)}.${didYouMean(name, titles)}`,
    hint: `There are: ${titles.slice(0, MOST_NAMED).join('; ')}${titles.length > MOST_NAMED ? '; …' : '.'}`,
  });
}
