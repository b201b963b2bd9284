import type { TimelineEntry } from '#lib/connections/timeline.ts';
import type { Schedule } from '#lib/db/schema.ts';
import { TimeAt } from '../../../../_components/clock.tsx';
import { describeSchedule } from '../../../../_components/format.ts';
import { Empty } from '../../../../_components/notice.tsx';
import { Panel, Table } from '../../../../_components/panel.tsx';
import type { Wire } from '../../../../_components/wire.ts';
import { schemaChangeWords } from '../../_parts/schema-change-words.ts';

type Entry = Wire<TimelineEntry>;

/** Who did what with the connection, with each setting before and after, and what its source changed. */
export function TimelineView({ entries }: { entries: readonly Entry[] }) {
  return (
    <Panel title="Timeline">
      {entries.length === 0 ? (
        <Empty>Nothing was changed since the connection was made.</Empty>
      ) : (
        <Table
          className="cards"
          label="Timeline"
          head={
            <>
              <th>When</th>
              <th>Who</th>
              <th>What</th>
              <th>Before and after</th>
            </>
          }
        >
          {entries.map((entry, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry is its place in a list that is not edited
            <EntryRow key={index} entry={entry} />
          ))}
        </Table>
      )}
    </Panel>
  );
}

function EntryRow({ entry }: { entry: Entry }) {
  return (
    <tr>
      <td className="num nowrap">
        <TimeAt at={entry.at} />
      </td>
      <td data-k="Who">{entry.kind === 'action' ? entry.actor : 'the source'}</td>
      <td data-k="What">
        {entry.kind === 'action' ? actionWords(entry.action) : `${entry.stream}: ${schemaChangeWords(entry.change)}`}
      </td>
      <td data-k="Before and after" className="wide">
        {entry.kind === 'action' ? (
          <ChangesOf changes={entry.changes} />
        ) : (
          <span>
            <code>{entry.field ?? entry.stream}</code> {entry.detail}
          </span>
        )}
      </td>
    </tr>
  );
}

function ChangesOf({ changes }: { changes: Extract<Entry, { kind: 'action' }>['changes'] }) {
  const fields = Object.entries(changes ?? {});
  if (fields.length === 0) return null;
  return (
    <dl className="kv diff">
      {fields.map(([field, [before, after]]) => (
        <div key={field}>
          <dt>{fieldWords(field)}</dt>
          <dd>
            <del>{valueWords(field, before)}</del> → <ins>{valueWords(field, after)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  'connection.create': 'made the connection',
  'connection.update': 'changed settings',
  'connection.sync': 'started a sync',
  'connection.set_state': 'set where streams begin',
  'quarantine.replay': 'loaded the quarantine again',
  'quarantine.forget': 'forgot rows in quarantine',
};

function actionWords(action: string): string {
  return ACTIONS[action] ?? action.replace(/^connection\./, '').replaceAll(/[._]/g, ' ');
}

/** `freshnessTargetMinutes` as people say it. */
function fieldWords(field: string): string {
  if (/^(stream|state of) /.test(field)) return field;
  return field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueWords(field: string, value: unknown): string {
  if (field === 'schedule' && typeof value === 'object' && value !== null) return describeSchedule(value as Schedule);
  if (value === null || value === '') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
