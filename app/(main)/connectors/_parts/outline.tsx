'use client';

import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Icon } from '../../../_components/icon.tsx';
import { SchemaForm } from '../../../_components/schema-form/schema-form.tsx';

interface Stream {
  readonly name: string;
}

interface Props {
  readonly streams: readonly Stream[];
  readonly chosen: string | null;
  readonly spec: JsonObject | null;
  readonly config: JsonObject;
  readonly onConfig: (config: JsonObject) => void;
  /** Whether the form of the config is open. */
  readonly editing: boolean;
  readonly onEditing: (editing: boolean) => void;
  readonly onStream: (stream: Stream) => void;
}

/** The streams of the manifest, and the values that a test fills its config with. */
export function Outline({ streams, chosen, spec, config, onConfig, onStream, ...form }: Props) {
  const { editing, onEditing } = form;
  const fields = isJsonObject(spec?.properties) ? Object.entries(spec.properties) : [];
  return (
    <aside className="out" aria-label="Outline">
      <div className="oh">
        <h2>Streams</h2>
        <span className="faint small">{streams.length}</span>
      </div>
      {streams.map((stream) => (
        <button
          key={stream.name}
          type="button"
          className={`o ${stream.name === chosen ? 'cur' : ''}`}
          aria-pressed={stream.name === chosen}
          onClick={() => onStream(stream)}
        >
          <Icon name="chevron" />
          <span className="clip">{stream.name}</span>
        </button>
      ))}
      {streams.length === 0 && <p className="muted small pad">None yet: the manifest has to parse first.</p>}
      <div className="oh">
        <h2>Test values</h2>
        <Button size="s" kind="ghost" onClick={() => onEditing(true)} aria-label="Edit the test values">
          Edit
        </Button>
      </div>
      <dl className="tv">
        {fields.map(([name, schema]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt className="clip">{name}</dt>
            <dd className="clip">{valueText(config[name], isJsonObject(schema) && schema.airbyte_secret === true)}</dd>
          </div>
        ))}
      </dl>
      {fields.length === 0 && <p className="muted small pad">The spec asks for nothing.</p>}
      <Dialog
        open={editing}
        onOpenChange={onEditing}
        title="Test values"
        description="The config that tests use. It is not saved: this tab keeps it, but for its secrets, which are gone when the page is loaded anew."
        footer={
          <Button kind="primary" onClick={() => onEditing(false)}>
            Use these values
          </Button>
        }
      >
        {spec && <SchemaForm schema={spec} value={config} onChange={onConfig} />}
      </Dialog>
    </aside>
  );
}

function valueText(value: unknown, secret: boolean): string {
  if (value === undefined || value === '') return '—';
  if (secret) return '••••••';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
