'use client';

import { type ReactNode, useState } from 'react';
import { Button } from '../../../_components/button.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Menu, MenuItem, MenuLine } from '../../../_components/menu.tsx';

interface RowActionsProps {
  readonly name: string;
  /** As buttons call it: `Delete rule`. */
  readonly kind: string;
  readonly enabled: boolean;
  readonly whenDeleted: string;
  readonly onEdit: () => void;
  readonly onEnable: (enabled: boolean) => void;
  readonly onDelete: () => Promise<void>;
  /** More of the menu, after Edit. */
  readonly children?: ReactNode;
}

/** The menu of something that can be edited, turned off and, when asked once more, deleted. */
export function RowActions({
  name,
  kind,
  enabled,
  whenDeleted,
  onEdit,
  onEnable,
  onDelete,
  children,
}: RowActionsProps) {
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <Menu trigger={<Button kind="ghost" size="s" icon="more" aria-label={`Actions for ${name}`} />}>
        <MenuItem onSelect={onEdit}>Edit…</MenuItem>
        {children}
        <MenuItem onSelect={() => onEnable(!enabled)}>{enabled ? 'Turn off' : 'Turn on'}</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setDeleting(true)}>
          Delete…
        </MenuItem>
      </Menu>
      <Confirm
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${name}`}
        description={whenDeleted}
        verb={`Delete ${kind}`}
        onConfirm={onDelete}
      />
    </>
  );
}
