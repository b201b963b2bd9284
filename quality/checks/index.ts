import type { CheckKind } from './check-kind.ts';
import { completeness } from './completeness.ts';
import { distribution } from './distribution.ts';
import { freshness } from './freshness.ts';
import { uniqueness } from './uniqueness.ts';
import { volume } from './volume.ts';

/** Every kind of check, in the order in which docs and editor show them. */
export const checkKinds: readonly CheckKind[] = [completeness, freshness, volume, uniqueness, distribution];

/** @throws for a kind that parsing would have refused */
export function checkKind(name: string): CheckKind {
  const kind = checkKinds.find((known) => known.name === name);
  if (!kind) throw new Error(`there is no kind of check named ${name}`);
  return kind;
}
