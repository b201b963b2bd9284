/** A name as DuckDB reads it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as DuckDB reads it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
