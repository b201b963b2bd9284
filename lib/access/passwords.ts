import type { Issue } from '#lib/errors.ts';

export const PASSWORD_LENGTH = { least: 12, most: 128 };

const LEAST_DISTINCT_CHARACTERS = 5;

/** Length does the work; the rest stops what is guessed first. `personal` are texts that others know. */
export function passwordIssues(password: string, personal: readonly string[]): Issue[] {
  const { least, most } = PASSWORD_LENGTH;
  const lower = password.toLowerCase();
  const known = personal.flatMap((text) => text.toLowerCase().split(/[@\s]+/)).filter((part) => part.length >= 8);
  const message =
    password.length < least
      ? `At least ${least} characters: a few words are easier to keep than signs.`
      : password.length > most
        ? `At most ${most} characters.`
        : new Set(lower).size < LEAST_DISTINCT_CHARACTERS
          ? `At least ${LEAST_DISTINCT_CHARACTERS} different characters.`
          : known.some((part) => lower.includes(part))
            ? 'Leave your name and address out of the password.'
            : null;
  return message === null ? [] : [{ path: 'password', message }];
}
