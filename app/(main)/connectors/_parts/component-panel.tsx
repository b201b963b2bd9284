'use client';

import { useDeferredValue, useMemo } from 'react';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { componentAt } from '#lib/manifest/component-at.ts';
import { removeFromText, setInText, type TextEdit, type TextPath } from '#lib/manifest/edit-text.ts';
import { setYamlInText, yamlOfPart } from '#lib/manifest/part-of-yaml.ts';
import { Button } from '../../../_components/button.tsx';
import { FieldRow } from './component-field.tsx';
import { definitionOf, exampleOf, propertiesOf, startValue } from './start-value.ts';
import { useSettled } from './use-settled.ts';

interface Props {
  readonly manifest: string;
  /** Where the editor's cursor stands, from the start of the text. */
  readonly offset: number;
  /** JSON schema of the language: fields, docs and examples of every kind. */
  readonly schema: JsonObject;
  readonly onEdit: (edit: TextEdit) => void;
  readonly onGo: (offset: number) => void;
}

/** The component under the cursor as a form: what it is, its fields with their docs, and where inherited values come from. */
export function ComponentPanel({ manifest, offset, schema, onEdit, onGo }: Props) {
  const settled = useSettled(useDeferredValue(manifest));
  const found = useMemo(() => componentAt(settled, offset), [settled, offset]);
  if (found === null)
    return (
      <p className="empty">Put the cursor into a component of the manifest to see its fields and what they mean.</p>
    );
  const kind = definitionOf(schema, found.type);
  const properties = propertiesOf(kind);
  const set = (path: TextPath, value: JsonValue) => {
    const edit = setInText(manifest, path, value);
    if (edit) onEdit(edit);
  };
  const setYaml = (path: TextPath, yaml: string): string | null => {
    const put = setYamlInText(manifest, path, yaml);
    if ('edit' in put) onEdit(put.edit);
    return 'problem' in put ? put.problem : null;
  };
  const here = new Set(found.fields.map(({ name }) => name));
  const missing = Object.keys(properties).filter((name) => !here.has(name) && !HIDDEN.has(name));
  const add = (name: string) => {
    const edit = setInText(manifest, [...found.path, name], startValue(schema, properties[name]));
    if (edit) onEdit(edit);
  };
  return (
    <section className="component" aria-label={`Form of ${found.type}`}>
      <div className="sec">
        <h3>{found.type}</h3>
        <span className="grow" />
        <Button size="s" kind="ghost" onClick={() => onGo(found.offset)}>
          Show in YAML
        </Button>
      </div>
      <p className="muted pad">{String(kind?.description ?? 'Weir does not know this component.')}</p>
      <div className="body stack">
        {found.fields.map((field) => (
          <FieldRow
            key={`${found.path.join('.')}.${field.name}`}
            field={field}
            schema={isJsonObject(properties[field.name]) ? (properties[field.name] as JsonObject) : {}}
            written={field.origin === null ? yamlOfPart(settled, [...found.path, field.name]) : null}
            onSet={(value) => set([...found.path, field.name], value)}
            onSetYaml={(yaml) => setYaml([...found.path, field.name], yaml)}
            onRemove={() => removeField(manifest, [...found.path, field.name], onEdit)}
            onGo={() => onGo(field.offset)}
          />
        ))}
        {missing.length > 0 && (
          <label className="row small">
            <span className="muted nowrap">Add a field</span>
            <select className="select" value="" onChange={(event) => add(event.target.value)}>
              <option value="" disabled>
                Choose one
              </option>
              {missing.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Example
        kind={kind}
        onUse={() => {
          const example = exampleOf(kind);
          if (example !== null) set(found.path, example);
        }}
      />
    </section>
  );
}

const HIDDEN = new Set(['type', '$ref', '$parameters']);

function removeField(manifest: string, path: TextPath, onEdit: Props['onEdit']): void {
  const edit = removeFromText(manifest, path);
  if (edit) onEdit(edit);
}

function Example({ kind, onUse }: { kind: JsonObject | null; onUse: () => void }) {
  const text = /```yaml\n([\s\S]*?)\n```/.exec(String(kind?.markdownDescription ?? ''))?.[1];
  if (text === undefined) return null;
  return (
    <details className="pad small" open>
      <summary>Example</summary>
      <pre className="well">{text}</pre>
      <Button size="s" onClick={onUse}>
        Insert example in its place
      </Button>
    </details>
  );
}
