import { acceptedValues } from './accepted-values.ts';
import { anomaly } from './anomaly.ts';
import { categories } from './categories.ts';
import type { CheckKind } from './check-kind.ts';
import { completeness } from './completeness.ts';
import { condition } from './condition.ts';
import { distribution } from './distribution.ts';
import { drift } from './drift.ts';
import { format } from './format.ts';
import { freshness } from './freshness.ts';
import { gaps } from './gaps.ts';
import { jsonata } from './jsonata.ts';
import { length } from './length.ts';
import { pattern } from './pattern.ts';
import { range } from './range.ts';
import { reconciliation } from './reconciliation.ts';
import { referential } from './referential.ts';
import { schema } from './schema.ts';
import { sql } from './sql.ts';
import { uniqueness } from './uniqueness.ts';
import { volume } from './volume.ts';

/** Every kind of check, in the order in which docs and editor show them. */
export const checkKinds: readonly CheckKind[] = [
  completeness,
  freshness,
  volume,
  uniqueness,
  distribution,
  anomaly,
  acceptedValues,
  format,
  pattern,
  range,
  length,
  condition,
  referential,
  categories,
  drift,
  schema,
  reconciliation,
  gaps,
  sql,
  jsonata,
];

/** @throws for a kind that parsing would have refused */
export function checkKind(name: string): CheckKind {
  const kind = checkKinds.find((known) => known.name === name);
  if (!kind) throw new Error(`there is no kind of check named ${name}`);
  return kind;
}
