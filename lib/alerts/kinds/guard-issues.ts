import { type Issue, WeirError } from '#lib/errors.ts';

/** What the guard refuses is told at the field. A name that does not resolve just now may do so later. */
export async function guardIssues(path: string, checked: Promise<unknown>): Promise<Issue[]> {
  try {
    await checked;
    return [];
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return error.code === 'address_refused'
      ? [{ path, message: [error.message, error.hint].filter(Boolean).join(' ') }]
      : [];
  }
}
