'use client';

import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { parseAsBoolean, useQueryState } from 'nuqs';
import type { SchemaChangeEntry } from '#lib/connections/schema-changes.ts';
import type { SchemaDiff, SchemaVersion } from '#lib/connections/schema-history.ts';
import { TimeAt, useNow, useTimeZone } from '../../../../_components/clock.tsx';
import { formatTime, plural } from '../../../../_components/format.ts';
import { Empty } from '../../../../_components/notice.tsx';
import { Panel, Table } from '../../../../_components/panel.tsx';
import type { Wire } from '../../../../_components/wire.ts';
import { schemaChangeWords } from '../../_parts/schema-change-words.ts';
import { SchemaLines, schemaWords } from '../../_parts/schema-lines.tsx';

type Version = Wire<SchemaVersion>;

interface SchemaViewProps {
  /** Null before anything was published. */
  readonly diff: Wire<SchemaDiff> | null;
  readonly history: readonly Version[];
  readonly changes: Wire<SchemaChangeEntry>[];
}

/** A stream's whole schema against how it was, and every version of every stream. */
export function SchemaView({ diff, history, changes }: SchemaViewProps) {
  if (diff === null) {
    return (
      <Panel>
        <Empty>Nothing was published yet. The columns of each stream stand here from its first load on.</Empty>
      </Panel>
    );
  }
  return (
    <div className="cols c-21">
      <div className="stack">
        <WholeSchema diff={diff} />
        {changes.length > 0 && <Changes changes={changes} />}
      </div>
      <Versions history={history} chosen={diff.version.id} />
    </div>
  );
}

function WholeSchema({ diff: { version, versions, before, lines } }: { diff: Wire<SchemaDiff> }) {
  const [only, setOnly] = useQueryState('only', parseAsBoolean.withDefault(false));
  const shown = only && before ? lines.filter(({ kind }) => kind !== 'same') : lines;
  const earlier = versions.filter(({ id }) => id < version.id);
  const counts = {
    added: lines.filter(({ kind }) => kind === 'added').length,
    removed: lines.filter(({ kind }) => kind === 'removed').length,
    changed: lines.filter(({ kind }) => kind === 'changed').length,
  };
  return (
    <Panel
      title={`Schema of ${version.stream}`}
      sub={before ? schemaWords(counts) : `its first, ${plural(version.columns, 'column')}`}
      {...(before && {
        side: <Before versions={earlier} chosen={before.id} />,
        foot: (
          <label className="row small">
            <input type="checkbox" checked={only} onChange={(event) => void setOnly(event.target.checked || null)} />
            Only what differs
          </label>
        ),
      })}
    >
      {shown.length === 0 ? (
        <Empty>Nothing differs between these two.</Empty>
      ) : (
        <SchemaLines lines={shown} label={`Columns of ${version.stream}`} />
      )}
    </Panel>
  );
}

/** With which earlier version it is compared. */
function Before({ versions, chosen }: { versions: readonly Version[]; chosen: number }) {
  const router = useRouter();
  const pathname = usePathname();
  const now = useNow();
  const timeZone = useTimeZone();
  const choose = (id: string) => {
    const query = new URLSearchParams(window.location.search);
    query.set('before', id);
    router.push(`${pathname}?${query}`);
  };
  return (
    <label className="row small">
      against
      <select className="select" value={chosen} onChange={(event) => choose(event.target.value)}>
        {versions.map(({ id, syncId, at }) => (
          <option key={id} value={id}>
            {syncId === null ? '' : `sync ${syncId}, `}
            {formatTime(at, now, timeZone)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Versions({ history, chosen }: { history: readonly Version[]; chosen: number }) {
  const pathname = usePathname();
  return (
    <Panel title="Versions" sub="newest first">
      <Table
        className="tight"
        label="Versions of schemas"
        head={
          <>
            <th>Since</th>
            <th>Stream</th>
            <th>What differs</th>
            <th className="r">Sync</th>
          </>
        }
      >
        {history.map((version) => (
          <tr key={version.id} className={version.id === chosen ? 'sel' : ''}>
            <td className="num nowrap">
              <TimeAt at={version.at} />
            </td>
            <td>
              <Link
                className="strong"
                href={`${pathname}?version=${version.id}`}
                aria-current={version.id === chosen ? 'true' : undefined}
              >
                {version.stream}
              </Link>
            </td>
            <td>{version.isFirst ? `first, ${schemaWords(version, true)}` : schemaWords(version)}</td>
            <td className="r num">
              {version.syncId === null ? (
                '—'
              ) : (
                <Link className="link" href={`/jobs/${version.syncId}`}>
                  {version.syncId}
                </Link>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

/** What syncs noted on their way, fields that were left out and streams that came or went among it. */
function Changes({ changes }: { changes: Wire<SchemaChangeEntry>[] }) {
  return (
    <Panel title="What syncs noted">
      <Table
        className="cards"
        label="Schema changes"
        head={
          <>
            <th>When</th>
            <th>Stream</th>
            <th>Change</th>
            <th>Field</th>
            <th>Detail</th>
          </>
        }
      >
        {changes.map((change) => (
          <tr key={change.id}>
            <td className="num">
              <TimeAt at={change.at} />
            </td>
            <td className="strong">{change.stream}</td>
            <td data-k="Change">{schemaChangeWords(change.change)}</td>
            <td data-k="Field" className="mono">
              {change.field ?? '—'}
            </td>
            <td data-k="Detail">{change.detail ?? '—'}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
