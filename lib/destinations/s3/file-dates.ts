import type { JsonObject } from '#lib/json.ts';
import { coercions, plainName } from '#lib/records/index.ts';
import type { Granularity, S3Config } from './config.ts';
import { member } from './layouts/layout.ts';

/** The dates that the files of a load are told apart by, if the destination says so and a record has one. */
export class FileDates {
  readonly #partition: S3Config['partition'];
  #areThere: boolean;

  constructor(partition: S3Config['partition'], areThere: boolean) {
    this.#partition = partition;
    this.#areThere = areThere;
  }

  get areThere(): boolean {
    return this.#areThere;
  }

  /** A record's own, as a member of its line; empty for none. */
  of(record: JsonObject): string {
    const value = this.#partition === null ? undefined : record[this.#partition.field];
    if (value !== undefined && value !== null) this.#areThere = true;
    const instant = typeof value === 'string' ? coercions.timestamp_with_timezone(value) : undefined;
    return instant === undefined ? '' : member('_weir_at', instant);
  }

  /** Null for one folder for all. */
  get folders(): { name: string; granularity: Granularity } | null {
    if (!this.#partition || !this.#areThere) return null;
    return { name: plainName(this.#partition.field), granularity: this.#partition.granularity };
  }
}
