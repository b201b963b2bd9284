import type { Where } from '#lib/errors.ts';

/** `stream orders, page 3, row 12`. */
export function placeText(where: Where | undefined): string {
  const { stream, slice, page, row, file, line, path } = where ?? {};
  return [
    stream && `stream ${stream}`,
    slice && sliceText(slice),
    page && `page ${page}`,
    row && `row ${row}`,
    file && `file ${file}`,
    line && `line ${line}`,
    path && `field ${path}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The key of a stream that has no slices. */
const WHOLE_STREAM = 'all';

/** A slice's key is JSON for programs: its span of time and what else tells it apart, in words. */
function sliceText(slice: string): string {
  if (slice === WHOLE_STREAM) return '';
  const parts = partsOf(slice);
  if (parts === null) return `slice ${slice}`;
  const { start_time: from, end_time: to, ...others } = parts;
  const values = Object.entries(others).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  const span = from !== undefined && to !== undefined ? [`${secondsOf(from)} to ${secondsOf(to)}`] : [];
  const words = [...span, ...values].join(', ');
  return words === '' ? '' : `slice ${words}`;
}

function partsOf(slice: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(slice);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Fractions of a second tell nobody where a slice is. */
function secondsOf(time: unknown): string {
  return String(time).replace(/(\d{2}:\d{2}:\d{2})\.\d+/, '$1');
}
