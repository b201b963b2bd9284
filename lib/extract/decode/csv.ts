import { WeirError } from '#lib/errors.ts';

/** RFC 4180 text as records by its header. @throws WeirError for a quote that is never closed */
export function parseCsv(
  text: string,
  delimiter: string,
  place: { stream: string; page: number },
): Record<string, string>[] {
  const rows = csvRows(text.replace(/^\ufeff/, ''), delimiter, place);
  const [header = [], ...body] = rows;
  return body.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}

function csvRows(text: string, delimiter: string, place: { stream: string; page: number }): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quotedSince = -1;
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quotedSince >= 0) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') field += text[++at];
      else quotedSince = -1;
    } else if (char === '"' && field === '') quotedSince = rows.length + 1;
    else if (text.startsWith(delimiter, at)) {
      endField();
      at += delimiter.length - 1;
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++;
      endRow();
    } else field += char;
  }
  if (quotedSince >= 0)
    throw new WeirError({
      kind: 'transient',
      code: 'bad_csv',
      message: `The quote that opens in row ${quotedSince} is never closed.`,
      hint: 'The answer may have been cut off.',
      where: { ...place, row: quotedSince },
    });
  if (field !== '' || row.length > 0) endRow();
  return rows;
}
