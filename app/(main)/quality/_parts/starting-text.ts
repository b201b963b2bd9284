import type { LoadingConnection } from '#quality/suggest/other-tables.ts';

export interface Choices {
  readonly connections: readonly (LoadingConnection & {
    /** How old its data may grow; null where it promises nothing. */
    readonly targetMinutes: number | null;
  })[];
  readonly destinations: readonly { readonly id: string; readonly name: string }[];
}

type Connection = Choices['connections'][number];

/** A limit below would alarm of every load that is a little late. */
const LEAST_HOURS = 24;

/** A suite to begin with, over the first table of a connection: what holds of most tables, the rest as comments. */
export function startingText(connection: Connection | undefined): string {
  return `# What must hold of the table after each load. Limits in percent, hours or rows.
dataset: ${yamlName(connection?.tables[0]?.names[0] ?? 'my_table')}

volume:
  - min_rows: 1

${freshness(connection)}
# completeness:
#   - column: id
#     rule: not_null
#     threshold: 100

# uniqueness:
#   - unique_columns: [id]

# distribution:
#   - column: amount
#     expected_mean_range: [10, 500]
#     level: warn
`;
}

/** Whether nobody has written anything yet. */
export function isStartingText(text: string, connections: Choices['connections']): boolean {
  return [undefined, ...connections].some((connection) => text === startingText(connection));
}

/** The text over another table. */
export function withDataset(text: string, table: string): string {
  const line = /^dataset:[^\S\n]*(?:"[^"\n]*"|'[^'\n]*'|[^\s#]*)/m;
  const dataset = `dataset: ${yamlName(table)}`;
  return line.test(text) ? text.replace(line, () => dataset) : `${dataset}\n${text}`;
}

/** Without a column it tells of syncs; where none is promised a limit would alarm of nothing. */
function freshness(connection: Connection | undefined): string {
  const target = connection ? connection.targetMinutes : LEAST_HOURS * 60;
  const hours = Math.max(LEAST_HOURS, Math.ceil((target ?? 0) / 60));
  const ofSyncs = `freshness: # how long ago the last sync was; with a column, how old its newest value is\n  - max_age_hours: ${hours}\n`;
  const ofColumn = `#   - column: updated_at\n#     max_age_hours: ${hours}\n`;
  return target === null ? `# freshness:\n${ofColumn}` : ofSyncs + ofColumn;
}

function yamlName(name: string): string {
  return /^[A-Za-z_][\w$.]*$/.test(name) ? name : JSON.stringify(name);
}
