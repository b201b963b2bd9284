'use client';

import { useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import type { ComponentField } from '#lib/manifest/component-at.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';

interface Props {
  readonly field: ComponentField;
  readonly schema: JsonObject;
  readonly onSet: (value: string | number | boolean) => void;
  readonly onRemove: () => void;
  readonly onGo: () => void;
}

/** One field: a control for a scalar, its YAML for anything else, and for what stands elsewhere its origin. */
export function FieldRow({ field, schema, onSet, onRemove, onGo }: Props) {
  const id = `field-${field.name}`;
  return (
    <div className="component-field">
      <Field id={id} label={<code>{field.name}</code>} hint={String(schema.description ?? '')}>
        {field.yaml === null ? (
          <ScalarControl id={id} field={field} schema={schema} onSet={onSet} />
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
          <pre className="well" id={id} tabIndex={0}>
            {field.yaml}
          </pre>
        )}
      </Field>
      <div className="row small">
        {field.origin !== null && (
          <>
            <span className="tag">from {field.origin}</span>
            <Button size="s" kind="ghost" onClick={onGo}>
              Edit there
            </Button>
            {field.yaml === null && field.scalar !== null && (
              <Button size="s" kind="ghost" onClick={() => onSet(field.scalar ?? '')}>
                Detach {field.name}
              </Button>
            )}
          </>
        )}
        {field.origin === null && field.yaml !== null && (
          <Button size="s" kind="ghost" onClick={onGo}>
            Edit in YAML
          </Button>
        )}
        {field.origin === null && (
          <Button size="s" kind="ghost" onClick={onRemove} aria-label={`Remove ${field.name}`}>
            Remove
          </Button>
        )}
      </div>
    </div>
  );
}

function ScalarControl({ id, field, schema, onSet }: Pick<Props, 'field' | 'schema' | 'onSet'> & { id: string }) {
  const { scalar, origin } = field;
  const inherited = origin !== null;
  if (typeof scalar === 'boolean')
    return (
      <input
        type="checkbox"
        checked={scalar}
        disabled={inherited}
        onChange={(event) => onSet(event.target.checked)}
        {...fieldControl(id, undefined, true)}
      />
    );
  if (Array.isArray(schema.enum))
    return (
      <select
        className="select"
        value={String(scalar ?? '')}
        disabled={inherited}
        onChange={(event) => onSet(event.target.value)}
        {...fieldControl(id, undefined, true)}
      >
        {schema.enum.map((value) => (
          <option key={String(value)}>{String(value)}</option>
        ))}
      </select>
    );
  return <TextControl key={String(scalar)} id={id} scalar={scalar} disabled={inherited} onSet={onSet} />;
}

/** Written into the text when one leaves it or presses Enter: half a word is no value. */
function TextControl({
  id,
  scalar,
  disabled,
  onSet,
}: {
  id: string;
  scalar: string | number | boolean | null;
  disabled: boolean;
  onSet: Props['onSet'];
}) {
  const [value, setValue] = useState(String(scalar ?? ''));
  const commit = () => {
    if (value === String(scalar ?? '')) return;
    onSet(typeof scalar === 'number' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value);
  };
  return (
    <input
      className="input"
      value={value}
      disabled={disabled}
      onChange={(event) => setValue(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
      {...fieldControl(id, undefined, true)}
    />
  );
}
