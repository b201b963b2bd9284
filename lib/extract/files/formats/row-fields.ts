/**
 * The fields of one row whose quotes and delimiters are known to be in their places, null for one that is empty and not quoted.
 */
export function rowFields(row: string, delimiter: string, quote: string): (string | null)[] {
  const fields: (string | null)[] = [];
  for (let at = 0; at <= row.length; at++) {
    if (row[at] === quote) {
      const end = closingQuote(row, at + 1, quote);
      fields.push(row.slice(at + 1, end).replaceAll(quote + quote, quote));
      at = end + 1;
    } else {
      const next = row.indexOf(delimiter, at);
      const end = next < 0 ? row.length : next;
      fields.push(end > at ? row.slice(at, end) : null);
      at = end;
    }
  }
  return fields;
}

function closingQuote(row: string, from: number, quote: string): number {
  for (let at = row.indexOf(quote, from); at >= 0; at = row.indexOf(quote, at + 2))
    if (row[at + 1] !== quote) return at;
  return row.length;
}
