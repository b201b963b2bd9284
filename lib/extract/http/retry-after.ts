/** The seconds that a `Retry-After` header asks for: a number, or a date, of which one in the past means now. Null if it is neither. */
export function retryAfterSeconds(header: unknown, now: Date): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}
