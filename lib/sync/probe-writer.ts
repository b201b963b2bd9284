import type { Db } from '#lib/db/connect.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import { cleanJsonText } from '#lib/records/index.ts';

const FLUSH_MS = 50;

/** Writes a probe's events as rows, in order; the first at once, the others in bursts. */
export class ProbeWriter {
  readonly #db: Db;
  readonly #probeId: string;
  #waiting: JsonObject[] = [];
  #seq = 0;
  #begun = false;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  /** `lastSeq` is what a process before this one had written. */
  constructor(db: Db, probeId: string, lastSeq = 0) {
    this.#db = db;
    this.#probeId = probeId;
    this.#seq = lastSeq;
  }

  add(event: object): void {
    this.#waiting.push(event as JsonObject);
    if (!this.#begun) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#begun = true;
    const rows = this.#waiting.map((event) => ({
      probe_id: this.#probeId,
      seq: ++this.#seq,
      // What Postgres reads of JSON has no NUL and no halves of letters; what is shown here is a view, the sync keeps and notes the value.
      event: cleanJsonText(stringifyJson(event)),
    }));
    this.#waiting = [];
    this.#writing = this.#writing.then(async () => {
      if (rows.length > 0) await this.#db.insertInto('probe_event').values(rows).execute();
    });
    // Whoever waits for the last flush learns of it; the bursts before it must not end the process.
    this.#writing.catch(() => undefined);
    return this.#writing;
  }
}
