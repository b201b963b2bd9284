import type { ConfiguredStream, StreamState } from '#lib/catalog.ts';

/** What a stream is read from and loaded into; generation and mode are settled against the destination. */
export interface SyncStream {
  readonly configured: ConfiguredStream;
  /** `''` is the destination's default. */
  readonly namespace: string;
  readonly table: string;
  /** What somebody decided of its held load. */
  readonly decision?: 'release' | 'discard';
  /** Where somebody set the stream to begin, in the place of its published state; null state is the beginning. */
  readonly begin?: { readonly state: StreamState | null };
}
