/** Some lines of a manifest's text that can be checked alone. */
export interface TextPart {
  readonly text: string;
  /** The line in the whole text, from 1, of each line of the part. */
  readonly lines: readonly number[];
  /** First and last line, in the whole text, of the piece that was asked for. */
  readonly from: number;
  readonly to: number;
}

/** A stream, a definition or another key of the root, with its lines from `start` up to `end`, both from 0. */
interface Piece {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

interface Layout {
  readonly pieces: readonly Piece[];
  /** Lines that hold pieces together, such as `definitions:`. */
  readonly frame: readonly number[];
}

/** Keys of the root whose entries are looked at one by one; all others are kept whole. */
const TAKEN_APART = new Set(['streams', 'definitions', 'schemas', 'dynamic_streams']);
/** Says nothing about streams, and may be the largest of all. */
const LEFT_OUT = new Set(['metadata']);
const REFERENCE = /#\/[^\s"',\]}]+/g;
const KEY = /^\s*["']?([^"'\-:\s][^"':]*?)["']?\s*:(?:\s|$)/;
const ANCHOR = /(?:^|[:\-[,{])\s+[&*][A-Za-z_]/m;

/**
 * The piece of a manifest around a line (a stream, a definition), with what it refers to and what leads to it, and without all other
 * streams and definitions: what is wrong in the piece shows in this part too. Found by indentation alone, so it costs a few milliseconds
 * whatever the size. Null where the text is not laid out so, and the whole has to be checked.
 */
export function partOfText(text: string, line: number): TextPart | null {
  if (ANCHOR.test(text)) return null;
  const lines = text.split('\n');
  const layout = layoutOf(lines);
  const piece = layout?.pieces.find(({ start, end }) => start < line && line <= end);
  if (!layout || !piece) return null;
  const kept = keptWith(piece, layout.pieces, lines);
  const rows = [
    ...layout.frame.map((number) => ({ number, text: lines[number] ?? '' })),
    ...layout.pieces.flatMap((each) => rowsOf(each, lines, kept.has(each))),
  ].toSorted((a, b) => a.number - b.number);
  return {
    text: rows.map((row) => row.text).join('\n'),
    lines: rows.map(({ number }) => number + 1),
    from: piece.start + 1,
    to: piece.end,
  };
}

/** What is left out leaves its name or its place: references to it are told from those that lead nowhere. */
function rowsOf({ path, start, end }: Piece, lines: readonly string[], kept: boolean) {
  if (kept) return range(start, end).map((number) => ({ number, text: lines[number] ?? '' }));
  if (path.length === 1) return [];
  const [, name] = KEY.exec(lines[start] ?? '') ?? [];
  const dash = (lines[start] ?? '').indexOf('-');
  return [
    {
      number: start,
      text:
        name === undefined
          ? `${' '.repeat(dash)}- null`
          : (lines[start] ?? '').slice(0, (lines[start] ?? '').indexOf(':') + 1),
    },
  ];
}

function layoutOf(lines: readonly string[]): Layout | null {
  const pieces: Piece[] = [];
  const frame: number[] = [];
  for (const root of entries(lines, 0, lines.length, [])) {
    if (root === null) return null;
    const [name = ''] = root.path;
    if (!TAKEN_APART.has(name)) pieces.push(root);
    else takeApart(lines, root, pieces, frame);
  }
  return { pieces, frame };
}

/** Entries of a mapping or a list; those of a mapping that is no component are taken apart again. */
function takeApart(lines: readonly string[], whole: Piece, pieces: Piece[], frame: number[]): void {
  const inner = entries(lines, whole.start + 1, whole.end, whole.path).filter((entry) => entry !== null);
  const [first] = inner;
  if (!first) return void pieces.push(whole);
  frame.push(...range(whole.start, first.start));
  for (const entry of inner) {
    const mayHold = whole.path[0] === 'definitions' && whole.path.length === 1 && !isList(lines, entry);
    const isComponent = entries(lines, entry.start + 1, entry.end, []).some((field) => field?.path[0] === 'type');
    if (mayHold && !isComponent) takeApart(lines, entry, pieces, frame);
    else pieces.push(entry);
  }
}

function isList(lines: readonly string[], { start, end }: Piece): boolean {
  return range(start + 1, end).some((number) => /^\s*- /.test(lines[number] ?? ''));
}

/** The keys or items at the indentation of the first one; null for a line that is neither. */
function entries(
  lines: readonly string[],
  start: number,
  end: number,
  above: readonly string[],
): readonly (Piece | null)[] {
  const found: (Piece | null)[] = [];
  let indent = -1;
  let item = 0;
  let open: { path: readonly string[]; start: number } | null = null;
  for (let number = start; number < end; number++) {
    const line = lines[number] ?? '';
    const column = line.search(/\S/);
    if (column === -1 || line[column] === '#' || line.startsWith('---')) continue;
    if (indent === -1) indent = column;
    if (column > indent || (column === indent && above.length === 0 && line[column] === '-' && open)) continue;
    const key = line[column] === '-' ? String(item++) : KEY.exec(line)?.[1];
    if (open) found.push({ ...open, end: number });
    open = key === undefined ? null : { path: [...above, key], start: number };
    if (key === undefined) found.push(null);
  }
  if (open) found.push({ ...open, end });
  return found;
}

/** The piece, the pieces between it and a stream that uses it, all that these refer to, and what every manifest has beside its streams. */
function keptWith(piece: Piece, pieces: readonly Piece[], lines: readonly string[]): ReadonlySet<Piece> {
  const refersTo = new Map(pieces.map((each) => [each, referencesIn(lines, each)]));
  const kept = new Set<Piece>([piece, ...usersOf(piece, pieces, refersTo)]);
  for (const each of pieces) if (each.path.length === 1 && !LEFT_OUT.has(each.path[0] ?? '')) kept.add(each);
  for (const each of kept) {
    for (const reference of refersTo.get(each) ?? []) {
      for (const other of pieces) if (meets(other.path, reference)) kept.add(other);
    }
  }
  return kept;
}

function usersOf(
  piece: Piece,
  pieces: readonly Piece[],
  refersTo: ReadonlyMap<Piece, readonly (readonly string[])[]>,
): Piece[] {
  const users: Piece[] = [];
  let used = piece;
  while (used.path[0] !== 'streams') {
    const user = pieces.find(
      (other) =>
        other !== used &&
        !users.includes(other) &&
        (refersTo.get(other) ?? []).some((reference) => meets(used.path, reference)),
    );
    if (!user) break;
    users.push(user);
    used = user;
  }
  return users;
}

function referencesIn(lines: readonly string[], { start, end }: Piece): string[][] {
  return range(start, end).flatMap((number) =>
    [...(lines[number] ?? '').matchAll(REFERENCE)].map(([reference]) => reference.slice(2).split('/')),
  );
}

/** One is below the other, or they are the same. */
function meets(path: readonly string[], other: readonly string[]): boolean {
  return path.slice(0, other.length).every((part, index) => part === other[index]);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
