/** The records of a text in CSV, as RFC 4180 has it; an empty field without quotes is null. */
export function csvRecords(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const [, quoted, plain, end] = field.exec(text) ?? [];
    if (end === undefined) throw new Error('no CSV');
    record.push(quoted?.replaceAll('""', '"') ?? (plain || null));
    if (end === ',') {
      // The last field of all, and empty.
      if (field.lastIndex === text.length) record.push(null);
      continue;
    }
    records.push(record);
    record = [];
  }
  return records;
}
