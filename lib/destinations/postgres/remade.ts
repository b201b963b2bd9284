import type { Queryable } from './store.ts';

/** Something that hangs on a column and can be taken away and made again. */
export interface Remade {
  /** The statement that takes it away. */
  readonly drop: string;
  /** Null for what is more than is made again. */
  readonly make: ((db: Queryable) => Promise<void>) | null;
}
