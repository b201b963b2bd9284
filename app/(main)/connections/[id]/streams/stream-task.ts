import type { ConnectionModel } from '../../_parts/models.ts';

/** The stream that something is to be done with. */
export interface StreamTaskProps {
  readonly connection: Pick<ConnectionModel, 'id' | 'name' | 'destination'>;
  readonly configured: ConnectionModel['streams'][number];
  /** As the destination calls it; the stream's name before the first sync. */
  readonly table: string;
}
