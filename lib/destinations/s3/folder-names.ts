import { tableName } from '#lib/records/index.ts';
import type { TargetStream } from '../destination.ts';
import { Turns } from '../turns.ts';
import { ownPrefix, readOwn, streamSegments } from './commits.ts';
import { eachOf } from './each-of.ts';
import type { StagedTable } from './layouts/layout.ts';
import type { ObjectStore } from './object-store.ts';

const MOST_SIGNS = 250;

interface Place {
  readonly store: ObjectStore;
  readonly ownPath: string;
  readonly connectionId: string;
}

type Owner = Pick<TargetStream, 'namespace' | 'table'>;

/**
 * What the tables of a connection's streams are called in paths. A child may be called like another stream, as `a_b` of the array `b` in
 * `a`: who comes first has the name, and the other one that is told apart by a hash. Who has it lies below `_weir/<connection>/names/`.
 */
export class FolderNames {
  readonly #place: Place;
  readonly #turns = new Turns();
  /** Known by their keys: nobody else loads for the connection meanwhile. */
  readonly #streams = new Map<string, string>();
  #keys: ReadonlySet<string> | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** The name of each of a stream's tables, by their own. A stream of one table is alone with its name. */
  of(owner: Owner, tables: readonly Pick<StagedTable, 'name'>[]): Promise<ReadonlyMap<string, string>> {
    const names = tables.map(({ name }) => name);
    if (names.length < 2) return Promise.resolve(new Map(names.map((name) => [name, name])));
    // Streams of one sync publish at the same time.
    return this.#turns.take(
      async () => {
        await this.#learn(names.map((name) => this.#keyOf({ ...owner, table: name })));
        const found = new Map<string, string>();
        for (const name of names) found.set(name, await this.#nameFor(owner, name));
        return found;
      },
      (error) => error,
    );
  }

  async #nameFor(owner: Owner, wanted: string): Promise<string> {
    const taken = new Set<string>();
    for (let name = wanted; ; name = tableName(wanted, taken)) {
      if (await this.#takes(owner, name)) return name;
      taken.add(name.toLowerCase());
    }
  }

  async #takes({ namespace, table }: Owner, name: string): Promise<boolean> {
    const { store } = this.#place;
    const key = this.#keyOf({ namespace, table: name });
    const [known] = await this.#learn([key]);
    if (known !== undefined) return known === table;
    // Its files may be older than the names that are kept here.
    const isOther = name !== table && (await this.#isStream({ namespace, table: name }));
    const stream = isOther ? name : table;
    await store.put(key, JSON.stringify({ stream }));
    this.#streams.set(key, stream);
    return !isOther;
  }

  /** Who has these names, as far as anybody has. */
  async #learn(keys: readonly string[]): Promise<(string | undefined)[]> {
    const { store } = this.#place;
    this.#keys ??= new Set(await store.list(this.#prefix));
    const unread = keys.filter((key) => !this.#streams.has(key) && this.#keys?.has(key));
    await eachOf(unread, async (key) => {
      const known = await readOwn<{ stream: string }>(store, key);
      if (known !== null) this.#streams.set(key, known.stream);
    });
    return keys.map((key) => this.#streams.get(key));
  }

  async #isStream(stream: Owner): Promise<boolean> {
    const { store, ownPath, connectionId } = this.#place;
    return (await store.list(ownPrefix(ownPath, connectionId, stream))).length > 0;
  }

  get #prefix(): string {
    const { ownPath, connectionId } = this.#place;
    return `${ownPrefix(ownPath, connectionId)}names/`;
  }

  #keyOf(name: Owner): string {
    return `${this.#prefix}${streamSegments(name, MOST_SIGNS)}.json`;
  }
}
