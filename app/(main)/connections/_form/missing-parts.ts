import type { ConnectionInput } from '#lib/connections/connections.ts';
import type { Issue } from '#lib/errors.ts';

/** The field that stands for a part of the input, by its id on the page. */
const FIELDS: Readonly<Record<string, string>> = {
  sourceId: 'source',
  destinationId: 'destination',
  name: 'name',
  'schedule.expression': 'schedule-cron',
  'schedule.every': 'schedule-every',
  'schedule.at': 'schedule-at',
  'schedule.days': 'schedule-days',
  'schedule.timeZone': 'schedule-zone',
  connectorVersion: 'connector-version',
  owner: 'owner',
  tags: 'tags',
  namespaceFormat: 'namespace-format',
  prefix: 'prefix',
  schemaChanges: 'schema-changes',
  badValues: 'bad-values',
  'quarantineLimit.rows': 'limit-rows',
  'quarantineLimit.percent': 'limit-percent',
  memoryMb: 'memory-mb',
  cpuCores: 'cpu-cores',
};

/** What has to be there before the service can say more. Streams can be chosen once both ends are. */
export function missingParts({ name, sourceId, destinationId, streams }: ConnectionInput): Issue[] {
  const canChoose = sourceId !== '' && destinationId !== '';
  return [
    ...(sourceId ? [] : [{ path: 'sourceId', message: 'Choose a source.' }]),
    ...(destinationId ? [] : [{ path: 'destinationId', message: 'Choose a destination.' }]),
    ...(canChoose && streams.length === 0 ? [{ path: 'streams', message: 'Choose at least one stream.' }] : []),
    ...(name.trim() ? [] : [{ path: 'name', message: 'Give it a name.' }]),
  ];
}

/** The id of the field that an issue stands at; none where it stands elsewhere. */
export function fieldOfIssue({ path = '' }: Issue): string[] {
  const id = FIELDS[path] ?? (path.startsWith('schedule') ? 'schedule' : undefined);
  return id ? [id] : [];
}

/** What is wrong with the parts of a field, by their path below it; an empty path for the field itself. */
export function problemsBelow(field: string, issues: readonly Issue[]): Record<string, string> {
  const below = issues.flatMap(({ path = '', message }) =>
    path === field || path.startsWith(`${field}.`) ? [[path.slice(field.length + 1), message] as const] : [],
  );
  return Object.fromEntries(below);
}
