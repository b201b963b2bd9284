import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';

/** Each role may do what the ones before it may. */
const RANK: Record<Role, number> = { viewer: 0, editor: 1, admin: 2 };

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && Object.hasOwn(RANK, value);
}

export function mayActAs(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

/** @throws WeirError `not_allowed` */
export function assertRole(role: Role, needed: Role): void {
  if (mayActAs(role, needed)) return;
  throw new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: `This takes the role ${needed}; yours is ${role}.`,
    hint: 'An administrator can change roles under Settings.',
  });
}
