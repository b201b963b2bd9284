import { WeirError } from '#lib/errors.ts';

export type TemplateErrorCode =
  | 'template_syntax'
  | 'template_undefined'
  | 'template_limit'
  | 'template_value'
  | 'template_type';

/** A fault in a template; `offset` counts characters from its start. */
export class TemplateError extends WeirError {
  readonly offset: number;

  constructor(code: TemplateErrorCode, message: string, offset = 0, hint?: string) {
    super({ kind: 'config', code, message, ...(hint && { hint }) });
    this.offset = offset;
  }
}

/** The name nearest to what was written, for "did you mean"; null when none is near. */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] ?? limit;
}
