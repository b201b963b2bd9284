import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, stringifyJson } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Cursor, CursorTrack, PaginationReset, Stretch } from '../families.ts';
import type { Slice } from '../slice.ts';

export const paginationReset = defineKind<PaginationReset>({
  name: 'PaginationReset',
  family: 'pagination_reset',
  docs: 'How reading goes on where an API has no further pages of a slice: from its first page, or from where the cursor is.',
  example: 'type: PaginationReset\naction: SPLIT_USING_CURSOR\nlimits: { number_of_records: 10000 }\n',
  fields: {
    action: {
      docs: 'From the first page of the slice, or of what is left of it by the cursor.',
      required: true,
      types: ['string'],
      values: ['SPLIT_USING_CURSOR', 'RESET'],
    },
    limits: component('When it is done, beside the answers that ask for it.', 'pagination_reset_limits', {
      defaultType: 'PaginationResetLimits',
    }),
  },
  create: ({ action, limits }) => ({
    splits: action === 'SPLIT_USING_CURSOR',
    mostRecords: isJsonObject(limits) && typeof limits.number_of_records === 'number' ? limits.number_of_records : null,
  }),
});

export const paginationResetLimits = defineKind<null>({
  name: 'PaginationResetLimits',
  family: 'pagination_reset_limits',
  docs: 'After how many records pages begin anew.',
  example: 'type: PaginationResetLimits\nnumber_of_records: 10000\n',
  fields: { number_of_records: { docs: 'Records since the last begin.', types: ['integer'] } },
  create: () => null,
});

/** Where the manifest says nothing. */
const FROM_THE_START: PaginationReset = { splits: false, mostRecords: null };

/** Keeps account of a slice whose pages may begin anew. */
export class Restarts {
  readonly #reset: PaginationReset;
  readonly #slice: Slice;
  /** Knows how far the records have come; null where pages begin anew from the first. */
  readonly #track: CursorTrack | null;
  readonly #stretch: Stretch;
  #current: Slice;
  #records = 0;
  #again = 0;

  constructor(reset: PaginationReset | undefined, cursor: Cursor | null, slice: Slice) {
    this.#reset = reset ?? FROM_THE_START;
    this.#slice = slice;
    this.#current = slice;
    this.#track = this.#reset.splits ? (cursor?.track(null) ?? null) : null;
    this.#stretch = { cursor: slice.cursor, last: true };
  }

  observe(records: readonly JsonObject[]): void {
    this.#records += records.length;
    if (this.#track) for (const record of records) this.#track.observe(record, this.#stretch);
  }

  get isDue(): boolean {
    return this.#reset.mostRecords !== null && this.#records >= this.#reset.mostRecords;
  }

  /** The slice to read from its first page. The same one comes a second time where no cursor splits it, and never a third. */
  next(): Slice {
    const next = this.#reduced();
    this.#again = stringifyJson(next.cursor) === stringifyJson(this.#current.cursor) ? this.#again + 1 : 0;
    if (this.#again >= (this.#track ? 1 : 2)) throw endless();
    this.#current = next;
    this.#records = 0;
    return next;
  }

  #reduced(): Slice {
    const [newest] = Object.values(this.#track?.newest ?? {});
    const [start] = Object.keys(this.#slice.cursor);
    if (start === undefined || (typeof newest !== 'string' && typeof newest !== 'number')) return this.#slice;
    return { ...this.#slice, cursor: { ...this.#slice.cursor, [start]: newest } };
  }
}

function endless(): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'no_progress',
    message: 'The pages of a slice began anew, and came no further than before.',
    hint: 'Make the slices smaller, or let pagination_reset split them by the cursor; records must come oldest first.',
  });
}
