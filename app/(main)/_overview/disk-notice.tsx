import type { Overview } from '#lib/connections/overview.ts';
import { formatBytes } from '../../_components/format.ts';
import { Notice } from '../../_components/notice.tsx';

/** Says so before a worker's disk is full, and what has stopped once it is. */
export function DiskNotice({ disk }: Pick<Overview, 'disk'>) {
  if (!disk) return null;
  const left = `${formatBytes(disk.freeBytes)} are left on ${disk.host}.`;
  return disk.full ? (
    <Notice state="fail" title="A worker’s disk is full: its syncs have stopped.">
      {left} Free space, or keep logs and measurements for less time in Settings. What was published stays.
    </Notice>
  ) : (
    <Notice state="warn" title="A worker’s disk is nearly full.">
      {left} Syncs stop before it is full.
    </Notice>
  );
}
