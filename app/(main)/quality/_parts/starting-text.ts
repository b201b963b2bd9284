export interface Choices {
  readonly connections: readonly {
    readonly id: string;
    readonly name: string;
    readonly destinationId: string;
    readonly streams: readonly string[];
  }[];
  readonly destinations: readonly { readonly id: string; readonly name: string }[];
}

/** A suite to begin with, over the first stream of a connection: what holds of most tables, the rest as comments. */
export function startingText(connection: Choices['connections'][number] | undefined): string {
  return `# What must hold of the table after each load. Limits in percent, hours or rows.
dataset: ${connection?.streams[0] ?? 'my_table'}

volume:
  - min_rows: 1

freshness:
  - max_age_hours: 24

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
