'use client';

import { TimeAt, useNow } from '../clock.tsx';
import { StateIcon } from '../state-mark.tsx';

const STALE_MS = 20_000;

/** `07:42:18, live`; once answers stay away, `as of 07:31, reconnecting`. */
export function LiveStamp({ updatedAt }: { updatedAt: number }) {
  const now = useNow();
  const stale = now - updatedAt > STALE_MS;
  return (
    <span className={`live ${stale ? 'stale s-warn' : ''}`} aria-live="off">
      {stale ? (
        <>
          <StateIcon state="warn" />
          <span>
            as of <TimeAt at={updatedAt} />, reconnecting
          </span>
        </>
      ) : (
        <span>
          <TimeAt at={updatedAt} seconds />, live
        </span>
      )}
    </span>
  );
}
