import { WeirError } from '#lib/errors.ts';
import type { NewResult } from '#quality/result-store.ts';
import type { Tried } from '#quality/try-checks.ts';
import { needed } from './inputs.ts';
import { weirServer } from './pipelines/server.ts';

export interface There {
  /** Name or id of a destination of a running Weir, a bucket too. */
  readonly destination: string;
  readonly url: string;
  readonly key: string | undefined;
}

/** Has a running Weir measure a text over one of its destinations, with what it knows of their loads; nothing of it is kept. */
export async function measureThere(
  { destination, url, key }: There,
  text: string,
  check: readonly string[],
): Promise<Omit<NewResult, 'memory'>[]> {
  const server = weirServer({ url, key: needed(key, '--key (or WEIR_API_KEY)') });
  const all = await server.get<{ id: string; name: string }[]>('/destinations');
  const found = all.find(({ id, name }) => name === destination || id === destination);
  if (!found) throw noSuchDestination(destination, all);
  const { results } = await server.send<Tried>('POST', '/suites/try', { text, check, destinationId: found.id });
  return [...results];
}

function noSuchDestination(name: string, all: readonly { name: string }[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'usage',
    message: `There is no destination named ${name}.`,
    hint: `Destinations: ${all.map((one) => one.name).join(', ')}.`,
  });
}
