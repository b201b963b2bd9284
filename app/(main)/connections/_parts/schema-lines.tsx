import type { SchemaCounts, SchemaLine } from '#lib/connections/schema-diff.ts';
import { plural } from '../../../_components/format.ts';

const SIGNS = { same: ' ', added: '+', removed: '−', changed: '~' } as const;
const WORDS = { same: '', added: 'new', removed: 'gone', changed: 'another type' } as const;

/** A schema, a column a line, with what differs from before. */
export function SchemaLines({ lines, label }: { lines: readonly SchemaLine[]; label: string }) {
  return (
    <ol className="schema-lines" aria-label={label}>
      {lines.map(({ kind, name, type, was }) => (
        <li key={`${kind} ${name}`} className={kind}>
          <span aria-hidden="true">{SIGNS[kind]}</span>
          <span className="name">{name}</span>
          <span className="type">
            {was !== null && (
              <>
                <del>{was}</del> →{' '}
              </>
            )}
            {type}
          </span>
          <span className="how">{WORDS[kind]}</span>
        </li>
      ))}
    </ol>
  );
}

/** `2 columns new, 1 gone, 1 with another type`; for the first schema, how many it has. */
export function schemaWords({ added, removed, changed }: SchemaCounts, isFirst = false): string {
  if (isFirst) return plural(added, 'column');
  const parts = [
    added > 0 && `${added} new`,
    removed > 0 && `${removed} gone`,
    changed > 0 && `${changed} with another type`,
  ];
  return parts.filter(Boolean).join(', ') || 'nothing differs';
}
