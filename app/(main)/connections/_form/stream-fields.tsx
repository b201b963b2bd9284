'use client';

import type { ConfiguredStream } from '#lib/catalog.ts';
import { fieldsOf } from '#lib/connections/stream-modes.ts';
import { EncryptionFields } from './encryption-fields.tsx';
import { filterOf, keptFields, newNameOf, type RowFilter, withFilter, withKept, withNewName } from './field-changes.ts';
import { encryptionOf, type Form, formOf, loadedName, withEncryption, withForm } from './field-encryption.ts';

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
              <th>Loaded</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <FieldRows key={field} {...{ configured, onPut, field, fields }} kept={kept.has(field)} />
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

interface FieldProps extends Props {
  readonly field: string;
  readonly fields: readonly string[];
  readonly kept: boolean;
}

function FieldRows({ configured, onPut, field, fields, kept }: FieldProps) {
  const of = `${field} of ${configured.stream.name}`;
  const form = formOf(configured, field);
  const encryption = encryptionOf(configured, field);
  return (
    <>
      <tr>
        <td>
          <input
            type="checkbox"
            aria-label={`Load ${of}`}
            checked={kept}
            onChange={(event) => onPut(withKept(configured, field, event.target.checked, fields))}
          />
        </td>
        <td className="mono">{field}</td>
        <td>
          {form === 'plain' ? (
            <input
              className="input mono"
              aria-label={`New name of ${of}`}
              placeholder={field}
              defaultValue={newNameOf(configured, field)}
              disabled={!kept}
              onBlur={(event) => onPut(withNewName(configured, field, event.target.value.trim()))}
            />
          ) : (
            <span className="mono">{loadedName(configured, field)}</span>
          )}
        </td>
        <td>
          <select
            className="select"
            aria-label={`How ${of} is loaded`}
            value={form}
            disabled={!kept}
            onChange={(event) => onPut(withForm(configured, field, event.target.value as Form))}
          >
            <option value="plain">as it is</option>
            <option value="hash">as a hash</option>
            <option value="AES">encrypted, AES</option>
            <option value="RSA">encrypted, RSA</option>
          </select>
        </td>
      </tr>
      {encryption && kept && (
        <tr>
          <td />
          <td colSpan={3}>
            <EncryptionFields
              key={form}
              of={of}
              id={`${configured.stream.namespace ?? ''}.${configured.stream.name}.${field}`}
              settings={encryption}
              onChange={(next) => onPut(withEncryption(configured, field, next))}
            />
          </td>
        </tr>
      )}
    </>
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
