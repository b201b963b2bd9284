'use client';

import { useEffect, useRef } from 'react';
import { Field, fieldControl } from '../../_components/field.tsx';

interface TimeZoneFieldProps {
  readonly zones: readonly string[];
  readonly value: string;
  readonly onChange: (zone: string) => void;
}

/** Starts with the browser's zone, which only the browser knows. */
export function TimeZoneField({ zones, value, onChange }: TimeZoneFieldProps) {
  const filled = useRef(false);
  useEffect(() => {
    if (filled.current) return;
    filled.current = true;
    onChange(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  }, [onChange]);
  const known = zones.includes(value) ? zones : [value, ...zones];
  return (
    <Field id="timeZone" label="Time zone" hint="For schedules and freshness targets. Read from your browser.">
      <select
        className="select"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...fieldControl('timeZone', undefined, true)}
      >
        {known.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </select>
    </Field>
  );
}
