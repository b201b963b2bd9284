import { WeirError } from '#lib/errors.ts';

/** `noun` with its article left out: `API key`. */
export function noSuch(noun: string): WeirError {
  return new WeirError({ kind: 'config', code: 'not_found', message: `There is no such ${noun}.` });
}
