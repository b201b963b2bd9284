'use client';

import { useLinkStatus } from 'next/link';

/** A line at the top of the window while the link's page is read; it stays away for the first 300 ms. */
export function LinkProgress() {
  return useLinkStatus().pending ? <span className="progress" aria-hidden="true" /> : null;
}
