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

/** Lower case: two names that differ in that alone are one too many to tell apart. */
function placeOf(
  { destinationId, namespaceDefinition, namespaceFormat, prefix }: Landing,
  { name, namespace = '' }: Landing['streams'][number],
): string {
  const space =
    namespaceDefinition === 'destination'
      ? ''
      : namespaceDefinition === 'custom'
        ? filled(namespaceFormat, namespace)
        : namespace;
  return JSON.stringify([destinationId, space, `${prefix}${name}`]).toLowerCase();
}

function filled(format: string | null, namespace: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  return (format ?? '').replaceAll('${SOURCE_NAMESPACE}', namespace);
}
