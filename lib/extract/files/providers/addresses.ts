import { createHash } from 'node:crypto';

const HASH_DIGITS = 16;

/** What a file is called that lies at an address. */
export interface FileAddress {
  readonly name: string;
  /** Other names of it in states: of when there were other addresses beside it, and of when secrets stood in them. */
  readonly formerly: readonly string[];
  readonly path: string;
}

/**
 * Names for addresses without what signs them: names are kept in states and told in logs. Those that differ in that alone are told
 * apart by a hash of all.
 */
export function namedAddresses(paths: readonly string[]): FileAddress[] {
  const distinct = [...new Set(paths)];
  const plain = distinct.map(withoutSecrets);
  const alike = new Map<string, number>();
  for (const one of plain) alike.set(one, (alike.get(one) ?? 0) + 1);
  return distinct.map((path, index) => {
    const short = plain[index] ?? path;
    const hash = createHash('sha256').update(path).digest('hex').slice(0, HASH_DIGITS);
    const long = `${short}?${hash}`;
    const name = alike.get(short) === 1 ? short : long;
    // What is told of no other address goes first.
    return { path, name, formerly: [path, long, short].filter((one) => one !== name) };
  });
}

/** No query, no fragment, no user and password. */
function withoutSecrets(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}
