/** Each names itself after those that it wants to be taken for: the first that is found counts. */
const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** `Firefox on Windows` for what a browser says of itself; a program's own words stay. */
export function browserName(userAgent: string): string {
  const found = (marks: readonly (readonly [string, string])[]) =>
    marks.find(([mark]) => userAgent.includes(mark))?.[1];
  const browser = found(BROWSERS);
  const system = found(SYSTEMS);
  if (!browser) return userAgent;
  return system ? `${browser} on ${system}` : browser;
}
