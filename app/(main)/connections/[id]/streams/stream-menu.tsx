'use client';

import { useState } from 'react';
import { Button } from '../../../../_components/button.tsx';
import { Menu, MenuItem } from '../../../../_components/menu.tsx';
import { BackfillDialog } from './backfill-dialog.tsx';
import { RefreshDialog } from './refresh-dialog.tsx';
import { StateDialog } from './state-dialog.tsx';
import type { StreamTaskProps } from './stream-task.ts';

/** What can be done with one stream in place of the usual. */
export function StreamMenu(props: StreamTaskProps) {
  const [open, setOpen] = useState<'refresh' | 'backfill' | 'state' | null>(null);
  const { name } = props.configured.stream;
  const close = () => setOpen(null);
  return (
    <>
      <Menu trigger={<Button kind="ghost" icon="more" aria-label={`Actions for ${name}`} />}>
        <MenuItem onSelect={() => setOpen('refresh')}>Read from the beginning…</MenuItem>
        <MenuItem onSelect={() => setOpen('backfill')}>Read a range again…</MenuItem>
        <MenuItem onSelect={() => setOpen('state')}>State…</MenuItem>
      </Menu>
      {open === 'refresh' && <RefreshDialog {...props} onClose={close} />}
      {open === 'state' && <StateDialog {...props} onClose={close} />}
      {open === 'backfill' && <BackfillDialog {...props} onClose={close} />}
    </>
  );
}
