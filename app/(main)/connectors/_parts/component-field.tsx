'use client';

import { useState } from 'react';
import { parse } from 'yaml';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { ComponentField } from '#lib/manifest/component-at.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';

interface Props {
  readonly field: ComponentField;
  readonly schema: JsonObject;
  readonly onSet: (value: JsonValue) => void;
  /** Puts YAML in the place of the field's value; gives why it can't. */
  readonly onSetYaml: (yaml: string) => string | null;
  /** The field's value as it stands in the text, comments too; null where it stands elsewhere. */
  readonly written: string | null;
  readonly onRemove: () => void;
  readonly onGo: () => void;
}

/** One field: a control for a scalar, its YAML for anything else, and for what stands elsewhere its origin. */
export function FieldRow({ field, schema, written, onSet, onSetYaml, onRemove, onGo }: Props) {
  const id = `field-${field.name}`;
  return (
    <div className="component-field">
      <Field id={id} label={<code>{field.name}</code>} hint={String(schema.description ?? '')}>
        {field.yaml === null ? (
          <ScalarControl id={id} field={field} schema={schema} onSet={onSet} />
        ) : written !== null ? (
          <YamlControl key={written} id={id} yaml={written} onSetYaml={onSetYaml} />
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
            <Button size="s" kind="ghost" onClick={() => onSet(valueOfField(field))}>
              Detach {field.name}
            </Button>
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

/** A copy of what comes from elsewhere: from then on it stands here, and the other place may change. */
function valueOfField({ scalar, yaml }: ComponentField): JsonValue {
  return yaml === null ? (scalar ?? '') : (parse(yaml, MANIFEST_YAML) as JsonValue);
}

const MOST_ROWS = 14;

/** The YAML of just this value; it goes into the text with Apply, as one step to undo. */
function YamlControl({ id, yaml, onSetYaml }: { id: string; yaml: string; onSetYaml: Props['onSetYaml'] }) {
  const [text, setText] = useState(yaml);
  const [problem, setProblem] = useState<string>();
  return (
    <>
      <textarea
        className="input code"
        rows={Math.min(MOST_ROWS, text.split('\n').length + 1)}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        {...fieldControl(id, problem, true)}
      />
      {problem !== undefined && (
        <span className="st s-fail small" role="alert">
          {problem}
        </span>
      )}
      {text !== yaml && (
        <Button size="s" onClick={() => setProblem(onSetYaml(text) ?? undefined)}>
          Apply to the text
        </Button>
      )}
    </>
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
