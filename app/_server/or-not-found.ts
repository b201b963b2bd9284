import { notFound } from 'next/navigation';
import { WeirError } from '#lib/errors.ts';

/** What Postgres says of an id in an address that is none: nothing can have it. */
const NOT_A_UUID = '22P02';

/** The page of a thing that is gone is the 404 page; every other failure goes on. */
export async function orNotFound<T>(reading: Promise<T>): Promise<T> {
  try {
    const found = await reading;
    return found ?? notFound();
  } catch (error) {
    if (isNotFound(error)) notFound();
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  if (error instanceof WeirError) return error.code === 'not_found';
  return error instanceof Error && 'code' in error && error.code === NOT_A_UUID;
}
