'use client';

import { useMemo } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { setInText, type TextEdit, type TextPath } from '#lib/manifest/edit-text.ts';
import { inferSchema } from '#lib/records/infer-schema.ts';
import { Button } from '../../../_components/button.tsx';
import { type SchemaRow, schemaRows, takeOver } from './schema-rows.ts';
import type { TestPage } from './use-test-read.ts';

interface Props {
  readonly manifest: string;
  /** Place of the stream in the text, such as `['streams', 0]`. */
  readonly stream: TextPath | null;
  /** The stream's schema as the manifest declares it; null when it declares none in place. */
  readonly declared: JsonObject | null;
  readonly pages: readonly TestPage[];
  readonly onEdit: (edit: TextEdit) => void;
}

/** The fields that a test saw beside those that the manifest declares, and how each will stand in a table. */
export function SchemaPanel({ manifest, stream, declared, pages, onEdit }: Props) {
  const seen = useMemo(() => inferSchema(pages.flatMap((page) => page.records)), [pages]);
  const rows = schemaRows(declared, seen);
  const records = pages.reduce((sum, page) => sum + page.records.length, 0);
  if (records === 0 && rows.length === 0)
    return <p className="empty">Test the stream first: its schema is worked out from the records.</p>;
  const write = (schema: JsonObject) => {
    if (stream === null) return;
    const edit = setInText(manifest, [...stream, 'schema_loader'], { type: 'InlineSchemaLoader', schema });
    if (edit) onEdit(edit);
  };
  const different = rows.filter(({ state }) => state === 'new' || state === 'differs');
  return (
    <section aria-label="Schema">
      <div className="sec">
        <span className="muted small">
          {records} records seen, {different.length} of {rows.length} fields differ
        </span>
        <span className="grow" />
        <Button
          size="s"
          aria-disabled={stream === null || different.length === 0}
          onClick={() =>
            different.length > 0 &&
            write(different.reduce<JsonObject>((schema, { path }) => takeOver(schema, seen, path), declared ?? EMPTY))
          }
        >
          Take over all
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="scroll" aria-label="Fields" tabIndex={0}>
        <table className="tight rec">
          <thead>
            <tr>
              <th>Field</th>
              <th>Seen</th>
              <th>Declared</th>
              <th>In Postgres</th>
              <th>In Parquet</th>
              <th>
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <SchemaField
                key={row.path.join('.')}
                row={row}
                onTake={() => write(takeOver(declared, seen, row.path))}
              />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

const EMPTY: JsonObject = { type: 'object', additionalProperties: true };
const INDENT_PX = 14;

function SchemaField({ row, onTake }: { row: SchemaRow; onTake: () => void }) {
  const { path, seen, declared, state, lands } = row;
  const name = path.at(-1) === '*' ? 'each' : path.at(-1);
  return (
    <tr className={state === 'new' ? 'ad' : state === 'unseen' ? 'de' : ''}>
      <td className="mono" title={path.join('.')} style={{ paddingLeft: 12 + (path.length - 1) * INDENT_PX }}>
        {name}
      </td>
      <td className="mono">{seen ?? <span className="faint">not seen</span>}</td>
      <td className="mono">
        {state === 'same' ? <span className="faint">same</span> : (declared ?? <span className="faint">—</span>)}
      </td>
      <td className="mono faint">{lands?.postgres}</td>
      <td className="mono faint">{lands?.parquet}</td>
      <td className="r">
        {(state === 'new' || state === 'differs') && (
          <Button size="s" kind="ghost" aria-label={`Take over ${path.join('.')}`} onClick={onTake}>
            Take over
          </Button>
        )}
      </td>
    </tr>
  );
}
