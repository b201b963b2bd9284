'use client';

import { useState } from 'react';
import type { JsonValue } from '#lib/json.ts';
import { Field, FieldNote, fieldControl } from '../field.tsx';
import { Description } from './description.tsx';
import { type FieldProps, fieldId, useFormContext } from './field-props.ts';
import { titleOf, typeOf } from './schema.ts';

/** Label, hint and error of a field, from its schema. */
export function useFieldParts({ schema, name, path, required }: FieldProps) {
  const { errors, idPrefix, leave } = useFormContext();
  const id = fieldId(idPrefix, path);
  const error = errors[path];
  const sample = schema.examples?.[0];
  // What stands in the field already is no example.
  const isShown = sample !== undefined && typeof sample !== 'object' && String(sample) !== String(schema.default);
  const example = isShown ? String(sample) : null;
  const hint = <Description text={schema.description} example={example} />;
  const hasHint = Boolean(schema.description || example);
  return {
    frame: { id, label: titleOf(schema, name), error, optional: !required, hint: hasHint ? hint : undefined },
    control: { ...fieldControl(id, error, hasHint), onBlur: () => leave(path) },
  };
}

export function TextField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  const { schema, value, onChange } = props;
  return (
    <Field {...frame}>
      <input
        className="input"
        type={schema.format === 'date' ? 'date' : 'text'}
        spellCheck={false}
        autoComplete="off"
        value={value === undefined || value === null ? '' : String(value)}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        {...control}
      />
    </Field>
  );
}

export function MultilineField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  return (
    <Field {...frame}>
      <textarea
        className="input mono"
        rows={5}
        spellCheck={false}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={(event) => props.onChange(event.target.value === '' ? undefined : event.target.value)}
        {...control}
      />
    </Field>
  );
}

/** Keeps what is typed as it is; the config gets a number once it is one. */
export function NumberField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  const { schema, value, onChange } = props;
  return (
    <Field {...frame}>
      <input
        className="input num"
        inputMode={typeOf(schema) === 'integer' ? 'numeric' : 'decimal'}
        autoComplete="off"
        value={value === undefined || value === null ? '' : String(value)}
        onChange={(event) => onChange(numberOf(event.target.value))}
        {...control}
      />
    </Field>
  );
}

/** `12` is a number; `1.` and `abc` stay text until they are one; nothing is nothing. */
export function numberOf(text: string): JsonValue | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) && String(number) === trimmed ? number : text;
}

export function BooleanField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  return (
    <div className="check field">
      <input
        type="checkbox"
        checked={props.value === true}
        onChange={(event) => props.onChange(event.target.checked)}
        {...control}
      />
      <label htmlFor={frame.id}>{frame.label}</label>
      <FieldNote id={frame.id} hint={frame.hint} error={frame.error} />
    </div>
  );
}

export function ChoiceField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  const { schema, value, required, onChange } = props;
  const choices = schema.enum ?? [];
  const chosen = value === undefined ? -1 : choices.indexOf(value);
  return (
    <Field {...frame}>
      <select
        className="select"
        value={chosen}
        onChange={(event) => onChange(choices[Number(event.target.value)])}
        {...control}
      >
        {((!required && schema.default === undefined) || chosen < 0) && (
          <option value={-1}>{required ? 'Choose…' : 'None'}</option>
        )}
        {choices.map((choice, index) => (
          <option key={String(choice)} value={index}>
            {schema.enumNames?.[index] ?? String(choice)}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Several of a list. */
export function ChoicesField(props: FieldProps) {
  const { frame } = useFieldParts(props);
  const { schema, value, onChange } = props;
  const chosen = Array.isArray(value) ? value : [];
  const toggle = (choice: JsonValue, on: boolean) =>
    onChange((schema.items?.enum ?? []).filter((item) => (item === choice ? on : chosen.includes(item))));
  return (
    <fieldset className="group" id={frame.id}>
      <legend>{frame.label}</legend>
      {(schema.items?.enum ?? []).map((choice) => (
        <label key={String(choice)} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            onChange={(event) => toggle(choice, event.target.checked)}
          />
          {String(choice)}
        </label>
      ))}
      <FieldNote id={frame.id} hint={frame.hint} error={frame.error} />
    </fieldset>
  );
}

/** For shapes without a control of their own. */
export function JsonField(props: FieldProps) {
  const { frame, control } = useFieldParts(props);
  const [text, setText] = useState(() => (props.value === undefined ? '' : JSON.stringify(props.value, null, 2)));
  const [broken, setBroken] = useState<string>();
  const change = (next: string) => {
    setText(next);
    try {
      props.onChange(next.trim() === '' ? undefined : JSON.parse(next));
      setBroken(undefined);
    } catch {
      setBroken('This is no JSON yet: check quotes, commas and braces.');
    }
  };
  return (
    <Field {...frame} error={broken ?? frame.error}>
      <textarea
        className="input mono"
        rows={4}
        spellCheck={false}
        value={text}
        onChange={(event) => change(event.target.value)}
        {...control}
      />
    </Field>
  );
}
