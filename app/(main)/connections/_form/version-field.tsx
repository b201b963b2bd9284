'use client';

import type { Connector } from '#lib/connections/connectors.ts';
import { Field, fieldControl } from '../../../_components/field.tsx';
import type { Wire } from '../../../_components/wire.ts';

export type Versions = readonly Pick<Wire<Connector>['versions'][number], 'version' | 'note'>[];

interface VersionFieldProps {
  /** Newest first. */
  readonly versions: Versions;
  readonly value: number | null;
  readonly error: string | undefined;
  readonly onChange: (version: number | null) => void;
}

/** Whether the connection follows its connector, or stays with one version of it. */
export function VersionField({ versions, value, error, onChange }: VersionFieldProps) {
  const newest = versions[0]?.version;
  return (
    <Field
      id="connector-version"
      label="Version of the connector"
      error={error}
      hint={
        value === null
          ? 'A version that is saved counts from the next sync on.'
          : `Newer versions change nothing here${newest === value ? '' : `; version ${newest} is the newest`}.`
      }
    >
      <select
        className="select"
        {...fieldControl('connector-version', error, true)}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? null : Number(event.target.value))}
      >
        <option value="">Follow the newest{newest === undefined ? '' : ` (now ${newest})`}</option>
        {versions.map(({ version, note }) => (
          <option key={version} value={version}>
            Stay with version {version}
            {note ? `: ${note}` : ''}
          </option>
        ))}
      </select>
    </Field>
  );
}
