import type { ConnectionInput } from './connection-input.ts';

/** What decides which table a connection's stream lands in. */
export interface Landing extends Pick<ConnectionInput, 'destinationId' | 'namespaceDefinition' | 'prefix'> {
  readonly namespaceFormat: string | null;
  readonly streams: readonly { readonly name: string; readonly namespace?: string }[];
}

/** Streams that land in the table that another connection loads too, and whose connection that is. */
export function sharedTables<Other extends Landing>(
  mine: Landing,
  others: readonly Other[],
): { stream: string; other: Other }[] {
  return mine.streams.flatMap((stream) => {
    const place = placeOf(mine, stream);
    const other = others.find((each) => each.streams.some((theirs) => placeOf(each, theirs) === place));
    return other ? [{ stream: stream.name, other }] : [];
  });
}

/** Longer prefixes leave too little of a table's name. */
const PREFIX_LENGTH = 20;

/** A prefix by which no table of mine is another connection's: what the source is called, with a number where that is taken; '' where none is needed. */
export function freePrefix(mine: Landing, others: readonly Landing[], sourceName: string): string {
  if (sharedTables(mine, others).length === 0) return mine.prefix;
  const word = sourceName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, PREFIX_LENGTH)
    .replace(/^[_\d]+|_+$/g, '');
  // A table `orders_orders` would look like a mistake.
  const isStream = mine.streams.some(({ name }) => name.toLowerCase() === word);
  const base = isStream || word === '' ? 'own' : word;
  const isFree = (prefix: string) => sharedTables({ ...mine, prefix }, others).length === 0;
  const numbers = Array.from({ length: others.length + 1 }, (_, index) => `${base}_${index + 2}_`);
  return [`${base}_`, ...numbers].find(isFree) ?? mine.prefix;
}

/** Lower case: two names that differ in that alone are one too many to tell apart. */
function placeOf(landing: Landing, { name, namespace = '' }: Landing['streams'][number]): string {
  const { destinationId, prefix } = landing;
  return JSON.stringify([destinationId, namespaceOf(landing, namespace), `${prefix}${name}`]).toLowerCase();
}

/** The namespace that a stream of a source's namespace lands in; '' is the destination's own. */
export function namespaceOf(
  { namespaceDefinition, namespaceFormat }: Pick<Landing, 'namespaceDefinition' | 'namespaceFormat'>,
  namespace: string,
): string {
  if (namespaceDefinition === 'destination') return '';
  return namespaceDefinition === 'custom' ? filled(namespaceFormat, namespace) : namespace;
}

function filled(format: string | null, namespace: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  return (format ?? '').replaceAll('${SOURCE_NAMESPACE}', namespace);
}
