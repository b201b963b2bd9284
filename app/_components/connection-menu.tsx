'use client';

import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from './api.ts';
import { Menu, MenuItem, MenuLine, MenuLink } from './menu.tsx';
import { useSay } from './toast.tsx';

interface ConnectionMenuProps {
  readonly id: string;
  readonly name: string;
  readonly paused: boolean;
  /** The sync that runs now. */
  readonly syncId: number | null;
  readonly trigger: ReactNode;
}

export function ConnectionMenu({ id, name, paused, syncId, trigger }: ConnectionMenuProps) {
  const { syncNow, cancel, setPaused } = useConnectionActions(id, name);
  return (
    <Menu trigger={trigger}>
      {syncId === null ? (
        <MenuItem icon="play" onSelect={syncNow}>
          Sync now
        </MenuItem>
      ) : (
        <MenuItem icon="stop" onSelect={() => cancel(syncId)}>
          Cancel sync {syncId}
        </MenuItem>
      )}
      <MenuItem onSelect={() => setPaused(!paused)}>{paused ? 'Resume the schedule' : 'Pause the schedule'}</MenuItem>
      <MenuLine />
      <MenuLink href={`/connections/${id}`}>Open</MenuLink>
      <MenuLink href={`/connections/${id}/edit`}>Settings</MenuLink>
    </Menu>
  );
}

/** What can be done to a connection from anywhere: each says what it did, and brings lists up to date. */
export function useConnectionActions(id: string, name: string) {
  const say = useSay();
  const queries = useQueryClient();
  const act = async (run: () => Promise<string>) => {
    try {
      say.done(await run());
    } catch (error) {
      say.failed(error);
    }
    await queries.invalidateQueries();
  };
  return {
    syncNow: () =>
      act(async () => {
        const { syncId } = await api.post<{ syncId: number }>(`/connections/${id}/sync`);
        return `Sync ${syncId} of ${name} started.`;
      }),
    cancel: (syncId: number) =>
      act(async () => {
        await api.post(`/syncs/${syncId}/cancel`);
        return `Sync ${syncId} of ${name} stops.`;
      }),
    setPaused: (paused: boolean) =>
      act(async () => {
        await api.patch(`/connections/${id}`, { status: paused ? 'inactive' : 'active' });
        return paused ? `${name} is paused.` : `${name} runs on its schedule again.`;
      }),
  };
}
