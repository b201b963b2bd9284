'use client';

import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { api } from '../api.ts';
import { Icon, type IconName } from '../icon.tsx';
import { returnFocus } from '../return-focus.ts';
import { useSay } from '../toast.tsx';
import { type Found, useFoundThings } from './found-things.ts';
import { NAV } from './nav-items.ts';
import { useCommandsOfPage } from './page-commands.ts';

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

/** Finds whatever has a page, and runs what can be run. */
export function CommandPalette({ open, onOpenChange }: PaletteProps) {
  const router = useRouter();
  const say = useSay();
  const commands = useCommandsOfPage();
  const [search, setSearch] = useState('');
  const found = useFoundThings(open, search);
  const run = (action: () => void) => () => {
    onOpenChange(false);
    setSearch('');
    action();
  };
  const go = (href: string) => run(() => router.push(href));
  const sync = ({ name, href }: Found) =>
    run(() => {
      api.post(`${href}/sync`).then(() => say.done(`${name} is syncing`), say.failed);
      router.push(href);
    });
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content className="overlay dialog palette" aria-describedby={undefined} onCloseAutoFocus={returnFocus}>
          <Dialog.Title className="vh">Search or run</Dialog.Title>
          <Command label="Search or run">
            <Command.Input placeholder="Search or run" value={search} onValueChange={setSearch} />
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
              {[...Map.groupBy(found, ({ group }) => group)].map(([group, things]) => (
                <Command.Group key={group} heading={group}>
                  {things.map(({ name, icon, href }) => (
                    <Entry key={href} value={`${group} ${name} ${href}`} icon={icon} name={name} onSelect={go(href)} />
                  ))}
                </Command.Group>
              ))}
              <Command.Group heading="Sync now" hidden={search === ''}>
                {search !== '' &&
                  found
                    .filter(isConnection)
                    .map((thing) => (
                      <Entry key={thing.href} icon="play" name={`Sync ${thing.name}`} onSelect={sync(thing)} />
                    ))}
              </Command.Group>
              <Command.Group heading="New">
                {NEW.map(([name, href]) => (
                  <Entry key={href} icon="plus" name={name} onSelect={go(href)} />
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function isConnection({ group }: Found): boolean {
  return group === 'Connections';
}

interface EntryProps {
  readonly icon: IconName;
  readonly name: string;
  readonly keys?: string;
  /** What the search is held against, and what keeps entries of one name apart; the name unless given. */
  readonly value?: string;
  readonly onSelect: () => void;
}

function Entry({ icon, name, keys, value = name, onSelect }: EntryProps) {
  return (
    <Command.Item value={value} onSelect={onSelect}>
      <Icon name={icon} />
      <span className="grow clip">{name}</span>
      {keys && <kbd>{keys}</kbd>}
    </Command.Item>
  );
}
