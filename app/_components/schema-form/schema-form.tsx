'use client';

import { useMemo, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { type FieldProps, FormContext, fieldId } from './field-props.ts';
import { ListField, ObjectField, Properties, VariantField } from './nesting-fields.tsx';
import { fieldKind, type Schema, startValue } from './schema.ts';
import { SecretField } from './secret-field.tsx';
import {
  BooleanField,
  ChoiceField,
  ChoicesField,
  JsonField,
  MultilineField,
  NumberField,
  TextField,
} from './simple-fields.tsx';
import { type FieldErrors, unrepaired, validateConfig } from './validate.ts';

export type { FieldErrors } from './validate.ts';

interface SchemaFormProps {
  /** JSON schema of an object, as a connector's or destination's spec. */
  readonly schema: JsonObject;
  readonly value: JsonObject;
  readonly onChange: (value: JsonObject) => void;
  /** What a submit found or the service refused, by path; each shows until its field changes. */
  readonly errors?: FieldErrors;
  /** Show every error, as after a submit; before, only those of fields that were left. */
  readonly showErrors?: boolean;
  /** Begins the fields' ids, for two forms on one page. */
  readonly idPrefix?: string;
}

/** A form from a JSON schema. It holds no value: the config lives with who shows the form. */
export function SchemaForm({
  schema,
  value,
  onChange,
  errors,
  showErrors = false,
  idPrefix = 'config',
}: SchemaFormProps) {
  const root = schema as Schema;
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const found = useMemo(() => validateConfig(root, value), [root, value]);
  const shown = showErrors ? found : Object.fromEntries(Object.entries(found).filter(([path]) => left.has(path)));
  const given = useRef({ errors, value });
  if (given.current.errors !== errors) given.current = { errors, value };
  const form = {
    root,
    errors: { ...unrepaired(errors ?? {}, given.current.value, value), ...shown },
    idPrefix,
    leave: (path: string) => setLeft((old) => (old.has(path) ? old : new Set(old).add(path))),
  };
  return (
    <FormContext value={form}>
      <div className="fields">
        <Properties schema={root} path="" value={value} onChange={onChange} renderField={renderField} />
      </div>
    </FormContext>
  );
}

/** What a new config starts with. */
export function startConfig(schema: JsonObject): JsonObject {
  return (startValue(schema as Schema) as JsonObject | undefined) ?? {};
}

/** What to repair in a config, with the id of each field, for a submit and its list; empty when it may be sent. */
export function configErrors(schema: JsonObject, value: JsonObject, idPrefix = 'config') {
  const errors = validateConfig(schema as Schema, value);
  return Object.entries(errors).map(([path, message]) => ({ path, message, id: fieldId(idPrefix, path) }));
}

function renderField(props: FieldProps) {
  switch (fieldKind(props.schema)) {
    case 'fixed':
      return null;
    case 'choice':
      return <ChoiceField {...props} />;
    case 'choices':
      return <ChoicesField {...props} />;
    case 'boolean':
      return <BooleanField {...props} />;
    case 'number':
      return <NumberField {...props} />;
    case 'text':
    case 'date':
      return <TextField {...props} />;
    case 'multiline':
      return <MultilineField {...props} />;
    case 'secret':
      return <SecretField {...props} />;
    case 'object':
      return <ObjectField {...props} renderField={renderField} />;
    case 'variant':
      return <VariantField {...props} renderField={renderField} />;
    case 'list':
      return <ListField {...props} renderField={renderField} />;
    case 'json':
      return <JsonField {...props} />;
  }
}
