import { WeirError } from '#lib/errors.ts';
import type { DestinationKind } from './destination.ts';
import { postgres } from './postgres/postgres.ts';
import { s3 } from './s3/s3.ts';

/** Every kind of destination. A new one is a folder, its contract test, and a line here. */
export const destinationKinds: readonly DestinationKind[] = [postgres, s3];

/** Throws `unknown_destination` for a type that is none of ours. */
export function destinationKind(type: string): DestinationKind {
  const kind = destinationKinds.find((one) => one.type === type);
  if (kind) return kind;
  throw new WeirError({
    kind: 'config',
    code: 'unknown_destination',
    message: `There is no destination of type "${type}".`,
    hint: `Choose one of: ${destinationKinds.map((one) => one.type).join(', ')}.`,
  });
}
