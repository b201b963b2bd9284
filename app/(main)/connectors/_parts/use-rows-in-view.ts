'use client';

import { type UIEvent, useCallback, useState } from 'react';

const BEYOND = 20;
const FIRST_ROWS = 60;

/** Which of many rows of one height are on the screen: only these are drawn. The rest is blank space above and below. */
export function useRowsInView(count: number, rowHeight: number) {
  const [view, setView] = useState({ first: 0, rows: FIRST_ROWS });
  const onScroll = useCallback(
    ({ currentTarget: { scrollTop, clientHeight } }: UIEvent<HTMLElement>) =>
      setView({ first: Math.floor(scrollTop / rowHeight), rows: Math.ceil(clientHeight / rowHeight) }),
    [rowHeight],
  );
  const from = Math.max(0, Math.min(view.first, count) - BEYOND);
  const to = Math.min(count, view.first + view.rows + BEYOND);
  return { from, to, above: from * rowHeight, below: (count - to) * rowHeight, onScroll };
}
