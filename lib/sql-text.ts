/** Text as it stands in a statement, for all databases that read `''` as a quote. NUL, which none of them holds, is left out. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;
}

/** A name as DuckDB reads it, whatever is in it; Postgres, which cuts long names, has a function of its own. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
