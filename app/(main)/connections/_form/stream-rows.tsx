'use client';

import { useState } from 'react';
import type { ConfiguredStream, DestinationSyncMode, StreamDescriptor } from '#lib/catalog.ts';
import { fieldsOf, MODES, modeOf, modesOf, suggest } from '#lib/connections/stream-modes.ts';
import { Table } from '../../../_components/panel.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';
import { StreamFields } from './stream-fields.tsx';

interface Props {
  readonly available: readonly StreamDescriptor[];
  readonly chosen: readonly ConfiguredStream[];
  readonly supported: readonly DestinationSyncMode[];
  readonly onChange: (chosen: ConfiguredStream[]) => void;
  /** By stream name. */
  readonly errors: Readonly<Record<string, string>>;
}

/** One row per stream: whether it is taken, how, by which cursor and key. */
export function StreamRows({ available, chosen, supported, onChange, errors }: Props) {
  const find = (stream: StreamDescriptor) =>
    chosen.find((item) => item.stream.name === stream.name && item.stream.namespace === stream.namespace);
  const put = (next: ConfiguredStream) =>
    onChange(
      chosen.map((item) =>
        item.stream.name === next.stream.name && item.stream.namespace === next.stream.namespace ? next : item,
      ),
    );
  const toggle = (stream: StreamDescriptor, on: boolean) =>
    onChange(on ? [...chosen, suggest(stream, supported)] : chosen.filter((item) => item !== find(stream)));
  const all = chosen.length === available.length;
  return (
    <Table
      className="cards streams"
      label="Streams"
      head={
        <>
          <th>
            <input
              type="checkbox"
              aria-label="Take all streams"
              checked={all}
              onChange={() =>
                onChange(all ? [] : available.map((stream) => find(stream) ?? suggest(stream, supported)))
              }
            />
          </th>
          <th>Stream</th>
          <th>Sync mode</th>
          <th>Cursor</th>
          <th>Key</th>
        </>
      }
    >
      {available.map((stream) => (
        <StreamRow
          key={`${stream.namespace ?? ''}.${stream.name}`}
          stream={stream}
          configured={find(stream)}
          supported={supported}
          error={errors[stream.name]}
          onToggle={(on) => toggle(stream, on)}
          onPut={put}
        />
      ))}
    </Table>
  );
}

interface RowProps {
  readonly stream: StreamDescriptor;
  readonly configured: ConfiguredStream | undefined;
  readonly supported: readonly DestinationSyncMode[];
  readonly error: string | undefined;
  readonly onToggle: (on: boolean) => void;
  readonly onPut: (next: ConfiguredStream) => void;
}

function StreamRow(props: RowProps) {
  const [open, setOpen] = useState(false);
  const { stream, configured, onPut } = props;
  return (
    <>
      <MainRow {...props} open={open} onOpen={() => setOpen(!open)} />
      {open && configured && (
        <tr>
          <td />
          <td colSpan={4} className="wide">
            <StreamFields key={stream.name} configured={configured} onPut={onPut} />
          </td>
        </tr>
      )}
    </>
  );
}

function MainRow({
  stream,
  configured,
  supported,
  error,
  onToggle,
  onPut,
  open,
  onOpen,
}: RowProps & { open: boolean; onOpen: () => void }) {
  const setMode = (id: string) => {
    const mode = MODES.find((known) => known.id === id);
    if (configured && mode)
      onPut({ ...configured, syncMode: mode.syncMode, destinationSyncMode: mode.destinationSyncMode });
  };
  return (
    <tr className={configured ? '' : 'dim'}>
      <td>
        <input
          type="checkbox"
          aria-label={`Take ${stream.name}`}
          checked={configured !== undefined}
          onChange={(event) => onToggle(event.target.checked)}
        />
      </td>
      <td>
        <b className="strong">{stream.name}</b>
        <span className="sub">
          {configured ? (
            <button type="button" className="link" aria-expanded={open} onClick={onOpen}>
              {fieldsText(stream, configured)}
            </button>
          ) : (
            fieldsText(stream, undefined)
          )}
        </span>
        {error && (
          <span className="st s-fail small">
            <StateIcon state="fail" />
            {error}
          </span>
        )}
      </td>
      <td data-k="Sync mode">
        {configured && (
          <select
            className="select"
            aria-label={`Sync mode of ${stream.name}`}
            value={modeOf(configured)}
            onChange={(event) => setMode(event.target.value)}
          >
            {modesOf(stream, supported).map((mode) => (
              <option key={mode.id} value={mode.id}>
                {mode.label}
              </option>
            ))}
          </select>
        )}
      </td>
      <td data-k="Cursor">
        {configured?.syncMode === 'incremental' && <Cursor configured={configured} onPut={onPut} />}
      </td>
      <td data-k="Key">
        {configured?.destinationSyncMode.endsWith('_dedup') && <Key configured={configured} onPut={onPut} />}
      </td>
    </tr>
  );
}

function fieldsText(stream: StreamDescriptor, configured: ConfiguredStream | undefined): string {
  const all = fieldsOf(stream).length;
  if (all === 0) return 'fields found while reading';
  const some = configured?.selectedFields?.length ?? all;
  const changed = configured?.mappers ? ', changed on the way' : '';
  return `${some === all ? all : `${some} of ${all}`} fields${changed}`;
}

function Cursor({ configured, onPut }: { configured: ConfiguredStream; onPut: (next: ConfiguredStream) => void }) {
  const { stream, cursorField } = configured;
  if (stream.sourceDefinedCursor) return <span className="mono small">{stream.defaultCursorField.join('.')}</span>;
  return (
    <FieldInput
      label={`Cursor of ${stream.name}`}
      stream={stream}
      value={cursorField.join('.')}
      onChange={(field) => onPut({ ...configured, cursorField: field ? [field] : [] })}
    />
  );
}

function Key({ configured, onPut }: { configured: ConfiguredStream; onPut: (next: ConfiguredStream) => void }) {
  const { stream, primaryKey } = configured;
  if (stream.sourceDefinedPrimaryKey.length > 0)
    return (
      <span className="mono small">{stream.sourceDefinedPrimaryKey.map((path) => path.join('.')).join(', ')}</span>
    );
  const toKey = (text: string) =>
    text
      .split(',')
      .map((field) => field.trim())
      .filter(Boolean)
      .map((field) => [field]);
  return (
    <FieldInput
      label={`Key of ${stream.name}, fields separated by commas`}
      stream={stream}
      value={primaryKey.map((path) => path.join('.')).join(', ')}
      onChange={(text) => onPut({ ...configured, primaryKey: toKey(text) })}
    />
  );
}

function FieldInput({
  label,
  stream,
  value,
  onChange,
}: {
  label: string;
  stream: StreamDescriptor;
  value: string;
  onChange: (value: string) => void;
}) {
  const list = `fields-${stream.namespace ?? ''}-${stream.name}`;
  return (
    <>
      <input
        className="input mono"
        aria-label={label}
        list={list}
        defaultValue={value}
        onBlur={(event) => onChange(event.target.value.trim())}
      />
      <datalist id={list}>
        {fieldsOf(stream).map((field) => (
          <option key={field}>{field}</option>
        ))}
      </datalist>
    </>
  );
}
