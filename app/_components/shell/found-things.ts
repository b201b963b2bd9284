import { useQuery } from '@tanstack/react-query';
import { api } from '../api.ts';
import type { IconName } from '../icon.tsx';
import { useOverview } from './pulse.ts';

/** Something with a name and a page of its own. */
export interface Found {
  readonly group: string;
  readonly name: string;
  readonly icon: IconName;
  readonly href: string;
}

/** Of one group; who looks for more types more. */
const MOST_SHOWN = 8;
const FRESH_MS = 30_000;

interface Named {
  readonly id: string;
  readonly name: string;
}

const LISTS = [
  ['Sources', 'connectors', '/sources'],
  ['Destinations', 'destinations', '/destinations'],
  ['Connectors', 'connectors', '/connectors'],
  ['Checks', 'quality', '/suites', '/quality'],
] as const satisfies readonly (readonly [group: string, icon: IconName, path: string, href?: string])[];

const SETTINGS = [
  ['Notifications', '/settings/notifications'],
  ['People', '/settings/people'],
  ['API keys', '/settings/api-keys'],
  ['Network', '/settings/network'],
  ['Audit log', '/settings/audit'],
  ['Account', '/settings/account'],
] as const;

/** Whatever of the workspace fits the search; lists are read when the palette is first opened, and kept for a while. */
export function useFoundThings(open: boolean, search: string): readonly Found[] {
  const connections = useOverview().data?.connections ?? [];
  const { data = [] } = useQuery({ queryKey: ['palette'], queryFn: readLists, enabled: open, staleTime: FRESH_MS });
  const own = connections.map(({ id, name }) => thing('Connections', name, 'connections', `/connections/${id}`));
  return [...numbered(search), ...foundIn([...own, ...data, ...settings()], search)];
}

/** The first few of each group whose name has every word of the search. */
export function foundIn(things: readonly Found[], search: string): Found[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = things.filter(({ group, name }) => {
    const text = `${group} ${name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return [...Map.groupBy(fitting, ({ group }) => group).values()].flatMap((group) => group.slice(0, MOST_SHOWN));
}

/** `4821` is a sync, `INC-212` an incident: both have pages that no list may hold any longer. */
export function numbered(search: string): Found[] {
  const [, inc, digits] = /^(inc-?)?(\d{1,15})$/i.exec(search.trim()) ?? [];
  if (digits === undefined) return [];
  const incident = thing('By number', `INC-${digits}`, 'incidents', `/incidents/${digits}`);
  return inc ? [incident] : [thing('By number', `Sync ${digits}`, 'jobs', `/jobs/${digits}`), incident];
}

async function readLists(): Promise<Found[]> {
  const lists = LISTS.map(async ([group, icon, path, href = path]) =>
    (await api.get<Named[]>(path)).map(({ id, name }) => thing(group, name, icon, `${href}/${id}`)),
  );
  const incidents = await api.get<{ id: number; title: string }[]>('/incidents?status=open');
  const open = incidents.map(({ id, title }) =>
    thing('Open incidents', `INC-${id} ${title}`, 'incidents', `/incidents/${id}`),
  );
  return [...open, ...(await Promise.all(lists)).flat()];
}

function settings(): Found[] {
  return SETTINGS.map(([name, href]) => thing('Settings', name, 'settings', href));
}

function thing(group: string, name: string, icon: IconName, href: string): Found {
  return { group, name, icon, href };
}
