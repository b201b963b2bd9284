import { notFound } from 'next/navigation';
import { WeirError } from '#lib/errors.ts';

/** The page of a thing that is gone is the 404 page; every other failure goes on. */
export async function orNotFound<T>(reading: Promise<T>): Promise<T> {
  try {
    const found = await reading;
    return found ?? notFound();
  } catch (error) {
    if (error instanceof WeirError && error.code === 'not_found') notFound();
    throw error;
  }
}
