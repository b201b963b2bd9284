'use client';

import type { ConfiguredStream } from '#lib/catalog.ts';
import { fieldsOf } from '#lib/connections/stream-modes.ts';
import {
  filterOf,
  isHashed,
  keptFields,
  newNameOf,
  type RowFilter,
  withFilter,
  withHash,
  withKept,
  withNewName,
} from './field-changes.ts';

interface Props {
  readonly configured: ConfiguredStream;
  readonly onPut: (next: ConfiguredStream) => void;
}

/** What is taken of a stream's records, and what is done with it on the way. */
export function StreamFields({ configured, onPut }: Props) {
  const fields = fieldsOf(configured.stream);
  const kept = new Set(keptFields(configured, fields));
  const { name } = configured.stream;
  return (
    <div className="stack">
      {fields.length > 0 && (
        <table className="plain" aria-label={`Fields of ${name}`}>
          <thead>
            <tr>
              <th>Load</th>
              <th>Field</th>
              <th>Called</th>
              <th>As a hash</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Load ${field} of ${name}`}
                    checked={kept.has(field)}
                    onChange={(event) => onPut(withKept(configured, field, event.target.checked, fields))}
                  />
                </td>
                <td className="mono">{field}</td>
                <td>
                  <input
                    className="input mono"
                    aria-label={`New name of ${field} of ${name}`}
                    placeholder={field}
                    defaultValue={newNameOf(configured, field)}
                    disabled={!kept.has(field)}
                    onBlur={(event) => onPut(withNewName(configured, field, event.target.value.trim()))}
                  />
                </td>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Load ${field} of ${name} as a hash`}
                    checked={isHashed(configured, field)}
                    disabled={!kept.has(field)}
                    onChange={(event) => onPut(withHash(configured, field, event.target.checked))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <FilterFields configured={configured} onPut={onPut} />
      {configured.destinationSyncMode === 'overwrite_dedup' && (
        <label>
          <input
            type="checkbox"
            checked={configured.softDelete === true}
            onChange={(event) => onPut({ ...configured, softDelete: event.target.checked })}
          />{' '}
          Keep rows that vanish from the source, with the time in <code>_ab_cdc_deleted_at</code>
        </label>
      )}
    </div>
  );
}

function FilterFields({ configured, onPut }: Props) {
  const filter = filterOf(configured) ?? { field: '', value: '', not: false };
  const { name } = configured.stream;
  const set = (change: Partial<RowFilter>) => {
    const next = { ...filter, ...change };
    onPut(withFilter(configured, next.field === '' ? null : next));
  };
  return (
    <div className="row">
      <span>Only rows where</span>
      <input
        className="input mono"
        aria-label={`Field that rows of ${name} are chosen by`}
        placeholder="field"
        defaultValue={filter.field}
        onBlur={(event) => set({ field: event.target.value.trim() })}
      />
      <select
        className="select"
        aria-label={`How rows of ${name} are chosen`}
        value={filter.not ? 'not' : 'is'}
        onChange={(event) => set({ not: event.target.value === 'not' })}
      >
        <option value="is">is</option>
        <option value="not">is not</option>
      </select>
      <input
        className="input mono"
        aria-label={`Value that rows of ${name} are chosen by`}
        placeholder="value"
        defaultValue={filter.value}
        onBlur={(event) => set({ value: event.target.value })}
      />
    </div>
  );
}
