import type { Rule as RuleModel } from '#lib/alerts/rules.ts';
import type { Wire } from '../../../_components/wire.ts';
import { type Channel, eventLabel } from './channel.ts';

export type Rule = Wire<RuleModel>;

export interface RuleChoices {
  readonly connections: readonly { readonly id: string; readonly name: string }[];
  readonly tags: readonly string[];
  readonly owners: readonly string[];
  /** What the times of a new rule are in. */
  readonly timeZone: string;
}

/** The form's fields: lists and texts, as controls hold them. */
export interface RuleValues extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly connections: readonly string[];
  readonly tags: readonly string[];
  readonly owners: string;
  readonly levels: string;
  readonly events: readonly string[];
  readonly channelIds: readonly string[];
  readonly failuresInARow: string;
  readonly quiet: boolean;
  readonly from: string;
  readonly to: string;
  readonly days: string;
  readonly digest: boolean;
  readonly digestAt: string;
  readonly timeZone: string;
}

export const LEVEL_CHOICES = [
  { value: '', label: 'Everything', levels: undefined },
  { value: 'critical', label: 'Failures only', levels: ['critical'] },
  { value: 'warning', label: 'Warnings only', levels: ['warning'] },
  { value: 'critical,warning', label: 'Failures and warnings', levels: ['critical', 'warning'] },
  { value: 'info', label: 'News only', levels: ['info'] },
] as const;

export const DAY_CHOICES = [
  { value: '', label: 'Every day' },
  { value: '1,2,3,4,5', label: 'Monday to Friday' },
  { value: '0,6', label: 'Saturday and Sunday' },
] as const;

export function ruleValues(rule: Rule | null, timeZone: string): RuleValues {
  const { matches, quietHours, digest } = rule ?? { matches: {}, quietHours: null, digest: null };
  const { connections = [], tags = [], owners = [], levels = [], events = [] } = matches;
  return {
    name: rule?.name ?? '',
    ...{ connections: [...connections], tags: [...tags], events: [...events] },
    owners: owners.join(', '),
    levels: levels.toSorted().join(','),
    channelIds: [...(rule?.channelIds ?? [])],
    failuresInARow: String(rule?.failuresInARow ?? 1),
    quiet: quietHours !== null,
    from: quietHours?.from ?? '22:00',
    to: quietHours?.to ?? '07:00',
    days: quietHours?.days?.join(',') ?? '',
    digest: digest !== null,
    digestAt: digest?.at ?? '08:00',
    timeZone: quietHours?.timeZone ?? digest?.timeZone ?? timeZone,
  };
}

/** As the API takes it. */
export function ruleBody(values: RuleValues) {
  const list = (items: readonly string[]) => (items.length > 0 ? items : undefined);
  const owners = values.owners.split(',').map((owner) => owner.trim());
  const { from, to, timeZone, digestAt } = values;
  const days = values.days === '' ? {} : { days: values.days.split(',').map(Number) };
  return {
    name: values.name.trim(),
    matches: {
      connections: list(values.connections),
      tags: list(values.tags),
      owners: list(owners.filter(Boolean)),
      levels: list(values.levels.split(',').filter(Boolean)),
      events: list(values.events),
    },
    channelIds: values.channelIds,
    failuresInARow: Number(values.failuresInARow),
    quietHours: values.quiet ? { from, to, timeZone, ...days } : null,
    digest: values.digest ? { at: digestAt, timeZone } : null,
  };
}

/** What a rule is about, in words. */
export function aboutWords({ matches }: Rule, { connections }: RuleChoices): string {
  const names = matches.connections?.map((id) => connections.find((row) => row.id === id)?.name ?? 'one that is gone');
  const levels = LEVEL_CHOICES.find(({ value }) => value === matches.levels?.toSorted().join(','));
  const parts = [
    names?.join(', '),
    matches.tags && `tag ${matches.tags.join(', ')}`,
    matches.owners && `owner ${matches.owners.join(', ')}`,
    levels && levels.value !== '' && levels.label.toLowerCase(),
    matches.events?.map((event) => eventLabel(event).toLowerCase()).join(', '),
  ].filter(Boolean);
  return parts.join('; ') || 'everything';
}

/** Whom it tells and when, in words. */
export function tellsWords(rule: Rule, channels: readonly Channel[]): { who: string; when: string } {
  const names = rule.channelIds.flatMap((id) => channels.find((row) => row.id === id)?.name ?? []);
  const { failuresInARow, quietHours, digest } = rule;
  const when = [
    failuresInARow > 1 && `from ${failuresInARow} failures in a row`,
    quietHours && `quiet ${quietHours.from} to ${quietHours.to} ${quietHours.timeZone}`,
    digest && `warnings at ${digest.at} ${digest.timeZone}`,
  ].filter(Boolean);
  return { who: names.join(', ') || 'nobody', when: when.join('; ') || 'at once' };
}
