import type { ErrorKind } from '#lib/errors.ts';

/** What the user needs to know of an error; `$` in the message stands for the server's own words. */
export interface Reading {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function config(code: string, message: string, hint: string): Reading {
  return { kind: 'config', code, message, hint };
}

export function transient(code: string, message: string, hint: string): Reading {
  return { kind: 'transient', code, message, hint };
}
