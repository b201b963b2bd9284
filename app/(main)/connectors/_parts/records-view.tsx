'use client';

import { useMemo, useState } from 'react';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { columnTypeOf } from '#lib/records/column-type.ts';
import { inferSchema } from '#lib/records/infer-schema.ts';
import { columnWords } from './column-words.ts';
import { RecordTable, type ShownRecord } from './record-table.tsx';
import type { TestPage } from './use-test-read.ts';

type View = 'record' | 'table' | 'json';

const VIEWS: readonly (readonly [View, string])[] = [
  ['record', 'Record'],
  ['table', 'Table'],
  ['json', 'JSON'],
];
const ALL = '';
/** Records that types are worked out from. */
const LOOKED_AT = 500;

/** Records of a test: one, raw beside transformed and how it lands; all as a table of their fields; or one as JSON. */
export function RecordsView({ pages, running }: { pages: readonly TestPage[]; running: boolean }) {
  const [view, setView] = useState<View>('record');
  const [index, setIndex] = useState(0);
  const [only, setOnly] = useState(ALL);
  const records = useMemo(() => recordsOf(pages, only), [pages, only]);
  const seen = useMemo(() => inferSchema(records.slice(0, LOOKED_AT).map(({ record }) => record)), [records]);
  const at = Math.min(index, records.length - 1);
  const shown = records[at];
  if (shown === undefined && only === ALL)
    return <p className="empty">{running ? 'Waiting for the first page.' : nothingShown(pages)}</p>;
  return (
    <section aria-label="Records" onKeyDown={(event) => move(event, records.length, setIndex)}>
      <div className="sec">
        <fieldset className="seg">
          <legend className="sr-only">Show as</legend>
          {VIEWS.map(([id, word]) => (
            <button key={id} type="button" aria-pressed={view === id} onClick={() => setView(id)}>
              {word}
            </button>
          ))}
        </fieldset>
        <PagePicker pages={pages} value={only} onChange={setOnly} />
        <span className="grow" />
        {view !== 'table' && <Steps at={at} count={records.length} onGo={setIndex} />}
      </div>
      {shown === undefined ? (
        <p className="empty">This page has no records.</p>
      ) : view === 'table' ? (
        <RecordTable
          records={records}
          onOpen={(next) => {
            setIndex(next);
            setView('record');
          }}
        />
      ) : (
        <>
          <p className="pad muted small">
            Page {shown.page}, row {shown.row}
          </p>
          {view === 'json' ? (
            <pre className="well">{JSON.stringify(shown.record, null, 2)}</pre>
          ) : (
            <FieldTable record={shown.record} raw={shown.raw} seen={seen} />
          )}
        </>
      )}
    </section>
  );
}

function recordsOf(pages: readonly TestPage[], only: string): ShownRecord[] {
  return pages
    .filter((page) => only === ALL || keyOf(page) === only)
    .flatMap((page) =>
      page.records.map((record, row) => ({
        ...{ record, raw: page.raw?.[row], slice: page.slice, page: page.page, row: row + 1 },
      })),
    );
}

function keyOf({ slice, page }: TestPage): string {
  return JSON.stringify([slice, page]);
}

/** Of several pages or slices one can be looked at alone. */
function PagePicker({
  pages,
  value,
  onChange,
}: {
  pages: readonly TestPage[];
  value: string;
  onChange: (key: string) => void;
}) {
  if (pages.length < 2) return null;
  const several = new Set(pages.map(({ slice }) => slice)).size > 1;
  return (
    <select className="select small" aria-label="Page" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value={ALL}>All pages</option>
      {pages.map((page) => (
        <option key={keyOf(page)} value={keyOf(page)}>
          {several ? `${page.slice}, page ${page.page}` : `Page ${page.page}`} ({page.records.length})
        </option>
      ))}
    </select>
  );
}

function Steps({ at, count, onGo }: { at: number; count: number; onGo: (index: number) => void }) {
  return (
    <>
      <button
        type="button"
        className="btn s ghost"
        onClick={() => onGo(Math.max(0, at - 1))}
        aria-label="Previous record"
      >
        ←
      </button>
      <span className="muted small num nowrap">
        {Math.max(0, at) + 1} of {count}
      </span>
      <button
        type="button"
        className="btn s ghost"
        onClick={() => onGo(Math.min(count - 1, at + 1))}
        aria-label="Next record"
      >
        →
      </button>
    </>
  );
}

/** Why a test that went well shows no record. */
function nothingShown(pages: readonly TestPage[]): string {
  const read = pages.reduce((sum, page) => sum + page.read, 0);
  if (read === 0) return 'No records came back. Look at the response: the record path may not fit it.';
  return `${read} records came back and all were left out: by the filter, or because they lie before the start of the cursor.`;
}

interface FieldTableProps {
  readonly record: JsonObject;
  readonly raw: JsonObject | undefined;
  /** What all records have in common: a column has one type for all of them. */
  readonly seen: JsonObject;
}

function FieldTable({ record, raw, seen }: FieldTableProps) {
  const before = raw ?? record;
  const names = [...new Set([...Object.keys(before), ...Object.keys(record)])];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll" aria-label="Record" tabIndex={0}>
      <table className="tight rec">
        <thead>
          <tr>
            <th>Field</th>
            <th>Raw</th>
            <th>Transformed</th>
            <th>Lands as</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <FieldRow key={name} name={name} before={before[name]} after={record[name]} lands={landsAs(seen, name)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function FieldRow({
  name,
  before,
  after,
  lands,
}: {
  name: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
  lands: string;
}) {
  const [was, is] = [show(before), show(after)];
  const kind = before === undefined ? 'ad' : after === undefined ? 'de' : '';
  return (
    <tr className={kind}>
      <td className="mono">{name}</td>
      <td className="mono" title={was}>
        {before === undefined ? <span className="faint">—</span> : was}
      </td>
      <td className="mono" title={is}>
        {after === undefined ? (
          '− removed'
        ) : was === is ? (
          <span className="faint">same</span>
        ) : (
          `${before === undefined ? '+ ' : ''}${is}`
        )}
      </td>
      <td className="mono faint lands">{after === undefined ? '' : lands}</td>
    </tr>
  );
}

function move(event: React.KeyboardEvent, count: number, setIndex: React.Dispatch<React.SetStateAction<number>>): void {
  if (event.key === 'j') setIndex((old) => Math.min(count - 1, old + 1));
  if (event.key === 'k') setIndex((old) => Math.max(0, old - 1));
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** In Postgres; in Parquet the Schema tab says it too. */
function landsAs({ properties }: JsonObject, name: string): string {
  const type = isJsonObject(properties) ? columnTypeOf(properties[name]) : null;
  return columnWords(type ?? 'json').postgres;
}
