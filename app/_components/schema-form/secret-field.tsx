'use client';

import { useEffect, useRef, useState } from 'react';
import { Button } from '../button.tsx';
import { Field } from '../field.tsx';
import type { FieldProps } from './field-props.ts';
import { MASK } from './schema.ts';
import { useFieldParts } from './simple-fields.tsx';

/** A saved secret never comes back: it is kept as it is, or replaced. */
export function SecretField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  const { schema, value, onChange } = props;
  const [wasSaved] = useState(value === MASK);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const kept = value === MASK;
  const replaced = wasSaved && !kept;
  useEffect(() => {
    if (replaced) input.current?.focus();
  }, [replaced]);
  if (kept) {
    return (
      <Field {...frame}>
        <div className="masked">
          <input className="input" value="Saved, not shown" disabled readOnly aria-label={`${frame.label}, saved`} />
          <Button id={frame.id} aria-label={`Replace ${frame.label}`} onClick={() => onChange(undefined)}>
            Replace
          </Button>
        </div>
      </Field>
    );
  }
  const entry = {
    ref: input,
    className: 'input',
    spellCheck: false,
    value: typeof value === 'string' ? value : '',
    onChange: (event: { target: { value: string } }) => onChange(event.target.value || undefined),
    ...control,
  };
  return (
    <Field {...frame}>
      <div className="masked">
        {schema.multiline ? (
          <textarea rows={4} {...entry} className="input mono" />
        ) : (
          <input type="password" autoComplete="new-password" {...entry} />
        )}
        {replaced && <Button onClick={() => onChange(MASK)}>Keep the saved one</Button>}
      </div>
    </Field>
  );
}
