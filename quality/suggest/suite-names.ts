/** A table that a suite can name, with its columns. */
export interface NamedTable {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What the editor of a suite knows of the world. */
export interface KnownNames {
  readonly tables: readonly NamedTable[];
  /** Of other suites. */
  readonly owners: readonly string[];
  readonly tags: readonly string[];
}

export interface NameSuggestion {
  /** Takes the place of what is typed from `from` to the cursor. */
  readonly text: string;
  readonly detail: string;
  readonly from: number;
}

/** Parameters that hold the name of a column, those that hold a table's, and those that hold SQL over columns. */
const COLUMNS = [
  ...['column', 'columns', 'unique_columns', 'per'],
  ...['required', 'forbidden', 'only', 'personal', 'not_personal'],
];
const TABLES = ['dataset', 'table', 'with_table'];
const SQL = ['where', 'holds'];
/** How far back a mapping in braces may have begun. */
const LOOK_BACK = 4_000;
const MOST = 500;

/** Tables, columns, owners and tags that fit at the cursor; what the schema itself suggests is made elsewhere. */
export function suiteNamesAt(text: string, offset: number, known: KnownNames): NameSuggestion[] {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  if (/(^|\s)#/.test(line)) return [];
  const key = keyAt(text, offset, line);
  const typed = /[\w$.-]*$/.exec(line)?.[0] ?? '';
  const isQuoted = /["'][^"']*$/.test(line);
  return namesFor(key, { text, offset, known })
    .slice(0, MOST)
    .map(({ name, detail }) => ({
      text: isQuoted || /^[A-Za-z_][\w$.]*$/.test(name) ? name : JSON.stringify(name),
      detail,
      from: offset - typed.length,
    }));
}

interface Asked {
  readonly text: string;
  readonly offset: number;
  readonly known: KnownNames;
}

function namesFor(key: string, { text, offset, known }: Asked): { name: string; detail: string }[] {
  if (TABLES.includes(key))
    return known.tables.map(({ table, columns }) => ({ name: table, detail: `${columns.length} columns` }));
  if (COLUMNS.includes(key) || SQL.includes(key))
    return (tableAt(text, offset, known.tables)?.columns ?? []).map(({ name, type }) => ({ name, detail: type }));
  if (key === 'owner') return known.owners.map((name) => ({ name, detail: 'owner' }));
  if (key === 'tags') return known.tags.map((name) => ({ name, detail: 'tag' }));
  return [];
}

/** The key whose value is being typed: on this line, or above a list. */
function keyAt(text: string, offset: number, line: string): string {
  const sql = /(?:^|[\s{,])(where|holds):\s*(?:"[^"]*|'[^']*|[^"'{}[\]]*)$/.exec(line)?.[1];
  if (sql) return sql;
  const inLine = /^(?:.*[\s{,[])?([\w$-]+):\s*(?:\[[^\]{}:]*|["']?[^,{}"'[\]:]*)$/.exec(line)?.[1];
  if (inLine) return inLine;
  if (!/^\s*-\s+[^:]*$/.test(line)) return '';
  const above = text.slice(0, offset - line.length).split('\n');
  const owner = above.findLast((each) => each.trim() !== '' && each.search(/\S/) < line.search(/\S/));
  return /^\s*(?:-\s+)?([\w$-]+):\s*$/.exec(owner ?? '')?.[1] ?? '';
}

/** The table that the check around the cursor looks at: its own, or the suite's dataset. */
function tableAt(text: string, offset: number, tables: readonly NamedTable[]): NamedTable | null {
  const scopes = scopesAt(text, offset);
  const named = scopes.map((scope) => TABLE.exec(scope)?.[1]).find((name) => name !== undefined);
  return findTable(named ?? /^dataset:\s*["']?([^\s"'#]+)/m.exec(text)?.[1] ?? '', tables);
}

const TABLE = /(?:^|[{,]|- )\s*table:\s*["']?([^\s,"'}]+)/m;

/** As a suite may name it: with its schema or without. */
export function findTable(name: string, tables: readonly NamedTable[]): NamedTable | null {
  const bare = name.startsWith('public.') ? name.slice('public.'.length) : name;
  return tables.find(({ table }) => table === name || table === bare) ?? null;
}

/** The mappings around the cursor, the innermost first, each without the mappings inside it. */
function scopesAt(text: string, offset: number): string[] {
  const braces: number[] = [];
  const start = Math.max(0, offset - LOOK_BACK);
  for (let at = start; at < offset; at++) {
    if (text.charAt(at) === '{') braces.push(at);
    else if (text.charAt(at) === '}') braces.pop();
  }
  const flows = braces.toReversed().map((from) => withoutInner(text.slice(from + 1, endOf(text, offset))));
  return [...flows, blockAt(text, braces[0] ?? offset)];
}

/** Where the braces around the cursor end, or the line where they are not closed yet. */
function endOf(text: string, offset: number): number {
  let depth = 0;
  for (let at = offset; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '{') depth++;
    else if (char === '}' && depth-- === 0) return at;
    else if (char === '\n' && depth === 0) return at;
  }
  return text.length;
}

function withoutInner(scope: string): string {
  return scope.replace(/\{[^{}]*\}/g, '');
}

/** The lines of the block mapping at an offset: those of its own indent, from the dash that begins it to where it ends. */
function blockAt(text: string, offset: number): string {
  const lines = text.split('\n');
  const at = text.slice(0, offset).split('\n').length - 1;
  const indentOf = (line: string) => /^\s*(?:- +)?/.exec(line)?.[0].length ?? 0;
  const startsItem = (line: string) => line.trimStart().startsWith('- ');
  // An item of a list of names belongs to the key above it.
  let own = at;
  while (own > 0 && startsItem(lines[own] ?? '') && !/:(\s|$)/.test(lines[own] ?? '')) own--;
  const indent = indentOf(lines[own] ?? '');
  let from = own;
  while (from > 0 && !(startsItem(lines[from] ?? '') && indentOf(lines[from] ?? '') === indent)) {
    const above = lines[from - 1] ?? '';
    if (above.trim() !== '' && indentOf(above) < indent) break;
    from--;
  }
  let to = own + 1;
  for (; to < lines.length; to++) {
    const line = lines[to] ?? '';
    if (line.trim() !== '' && (indentOf(line) < indent || (startsItem(line) && indentOf(line) === indent))) break;
  }
  if (indent === 0) return '';
  return lines
    .slice(from, to)
    .filter((line) => indentOf(line) === indent)
    .map(withoutInner)
    .join('\n');
}
