import type { JsonObject } from '#lib/json.ts';
import type { Relation, RowsAt } from '../destination.ts';
import { shellWord } from '../shell-word.ts';
import { quoteTable } from './identifier.ts';

/** The table, and lines for psql and for any other client; psql asks for the password itself. */
export function postgresRowsAt(config: JsonObject, relation: Relation, limit: number): RowsAt | null {
  if (relation.kind !== 'postgres') return null;
  const said = (name: string) => String(config[name] ?? '');
  const select = `select * from ${quoteTable(relation)} limit ${limit}`;
  const place = [`-h ${shellWord(said('host'))}`, `-p ${shellWord(String(config.port ?? 5432))}`];
  const whom = [`-U ${shellWord(said('username'))}`, `-d ${shellWord(said('database'))}`];
  return {
    place: `${relation.schema}.${relation.table}`,
    lines: [
      { tool: 'psql', text: ['psql', ...place, ...whom, '-c', shellWord(select)].join(' ') },
      { tool: 'SQL', text: `${select};` },
    ],
  };
}
