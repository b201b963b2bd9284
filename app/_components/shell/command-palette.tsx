'use client';

import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import { api } from '../api.ts';
import { Icon, type IconName } from '../icon.tsx';
import { useSay } from '../toast.tsx';
import { NAV } from './nav-items.ts';
import { useCommandsOfPage } from './page-commands.ts';
import { useOverview } from './pulse.ts';

interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

const NEW: readonly (readonly [name: string, href: string])[] = [
  ['New connector', '/connectors/new'],
  ['New source', '/sources/new'],
  ['New destination', '/destinations/new'],
  ['New connection', '/connections/new'],
];

/** Finds pages and connections, and runs what can be run on them. */
export function CommandPalette({ open, onOpenChange }: PaletteProps) {
  const router = useRouter();
  const say = useSay();
  const commands = useCommandsOfPage();
  const connections = useOverview().data?.connections ?? [];
  const run = (action: () => void) => () => {
    onOpenChange(false);
    action();
  };
  const go = (href: string) => run(() => router.push(href));
  const sync = (id: string, name: string) =>
    run(() => {
      api.post(`/connections/${id}/sync`).then(() => say.done(`${name} is syncing`), say.failed);
      router.push(`/connections/${id}`);
    });
  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="Search or run"
      overlayClassName="scrim"
      contentClassName="overlay dialog palette"
    >
      <Command.Input placeholder="Search or run" />
      <Command.List>
        <Command.Empty>Nothing has that name.</Command.Empty>
        <Command.Group heading="On this page" hidden={commands.length === 0}>
          {commands.map(({ name, icon = 'play', keys, run: act }) => (
            <Entry key={name} icon={icon} name={name} {...(keys && { keys })} onSelect={run(act)} />
          ))}
        </Command.Group>
        <Command.Group heading="Go to">
          {NAV.map((item) => (
            <Entry
              key={item.href}
              icon={item.icon}
              name={item.name}
              keys={`G ${item.key.toUpperCase()}`}
              onSelect={go(item.href)}
            />
          ))}
          <Entry icon="connectors" name="Sources" onSelect={go('/sources')} />
        </Command.Group>
        <Command.Group heading="Connections" hidden={connections.length === 0}>
          {connections.map(({ id, name }) => (
            <Entry key={id} icon="connections" name={name} onSelect={go(`/connections/${id}`)} />
          ))}
        </Command.Group>
        <Command.Group heading="Sync now" hidden={connections.length === 0}>
          {connections.map(({ id, name }) => (
            <Entry key={id} icon="play" name={`Sync ${name}`} onSelect={sync(id, name)} />
          ))}
        </Command.Group>
        <Command.Group heading="New">
          {NEW.map(([name, href]) => (
            <Entry key={href} icon="plus" name={name} onSelect={go(href)} />
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

function Entry({ icon, name, keys, onSelect }: { icon: IconName; name: string; keys?: string; onSelect: () => void }) {
  return (
    <Command.Item onSelect={onSelect}>
      <Icon name={icon} />
      <span className="grow clip">{name}</span>
      {keys && <kbd>{keys}</kbd>}
    </Command.Item>
  );
}
