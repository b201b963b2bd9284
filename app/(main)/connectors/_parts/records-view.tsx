'use client';

import { useState } from 'react';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { TestPage } from './use-test-read.ts';

/** Records of a test: all as a table of their fields, or one, raw beside transformed. */
export function RecordsView({ pages, running }: { pages: readonly TestPage[]; running: boolean }) {
  const [index, setIndex] = useState(0);
  const records = pages.flatMap((page) =>
    page.records.map((record, row) => ({ record, raw: page.raw?.[row], page: page.page, row: row + 1 })),
  );
  const shown = records[Math.min(index, records.length - 1)];
  if (shown === undefined)
    return <p className="empty">{running ? 'Waiting for the first page.' : nothingShown(pages)}</p>;
  return (
    <section aria-label="Records" onKeyDown={(event) => move(event, records.length, setIndex)}>
      <div className="sec">
        <span className="muted small">
          Page {shown.page}, row {shown.row}
        </span>
        <span className="grow" />
        <button
          type="button"
          className="btn s ghost"
          onClick={() => setIndex((old) => Math.max(0, old - 1))}
          aria-label="Previous record"
        >
          ←
        </button>
        <span className="muted small num">
          {Math.min(index, records.length - 1) + 1} of {records.length}
        </span>
        <button
          type="button"
          className="btn s ghost"
          onClick={() => setIndex((old) => Math.min(records.length - 1, old + 1))}
          aria-label="Next record"
        >
          →
        </button>
      </div>
      <FieldTable record={shown.record} raw={shown.raw} />
    </section>
  );
}

/** Why a test that went well shows no record. */
function nothingShown(pages: readonly TestPage[]): string {
  const read = pages.reduce((sum, page) => sum + page.read, 0);
  if (read === 0) return 'No records came back. Look at the response: the record path may not fit it.';
  return `${read} records came back and all were left out: by the filter, or because they lie before the start of the cursor.`;
}

function FieldTable({ record, raw }: { record: JsonObject; raw: JsonObject | undefined }) {
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
            <th>Type</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <FieldRow key={name} name={name} before={before[name]} after={record[name]} />
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
}: {
  name: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
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
      <td className="mono faint">{typeName(after)}</td>
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

function typeName(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
