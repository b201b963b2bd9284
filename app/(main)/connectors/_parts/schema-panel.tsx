'use client';

import { useMemo } from 'react';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { setInText, type TextEdit, type TextPath } from '#lib/manifest/edit-text.ts';
import { columnTypeOf } from '#lib/records/column-type.ts';
import { inferSchema } from '#lib/records/infer-schema.ts';
import { Button } from '../../../_components/button.tsx';
import { schemaRows } from './schema-rows.ts';
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
  const write = (properties: JsonObject) => {
    if (stream === null) return;
    const schema = { ...(declared ?? { type: 'object', additionalProperties: true }), properties };
    const edit = setInText(manifest, [...stream, 'schema_loader'], { type: 'InlineSchemaLoader', schema });
    if (edit) onEdit(edit);
  };
  const mine = isJsonObject(declared?.properties) ? declared.properties : {};
  const all = isJsonObject(seen.properties) ? seen.properties : {};
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
            write({
              ...mine,
              ...pick(
                all,
                different.map(({ name }) => name),
              ),
            })
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
              <th>Lands as</th>
              <th>
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name} className={row.state === 'new' ? 'ad' : row.state === 'unseen' ? 'de' : ''}>
                <td className="mono">{row.name}</td>
                <td className="mono">{row.seen ?? <span className="faint">not seen</span>}</td>
                <td className="mono">
                  {row.state === 'same' ? (
                    <span className="faint">same</span>
                  ) : (
                    (row.declared ?? <span className="faint">—</span>)
                  )}
                </td>
                <td className="mono faint">{columnTypeOf(mine[row.name] ?? all[row.name]) ?? 'json'}</td>
                <td className="r">
                  {(row.state === 'new' || row.state === 'differs') && (
                    <Button
                      size="s"
                      kind="ghost"
                      aria-label={`Take over ${row.name}`}
                      onClick={() => write({ ...mine, ...pick(all, [row.name]) })}
                    >
                      Take over
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function pick(from: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}
