/**
 * The address of a request: a path that is a whole address replaces everything; one with a slash in front begins at the root; others are
 * added below the start, where slashes that follow each other count as one. Null where that gives no address.
 */
export function joinUrl(start: string, path: string): URL | null {
  if (path === '') return URL.parse(start);
  const base = start.endsWith('/') ? start : `${start}/`;
  const url = URL.parse(path, URL.canParse(base) ? base : undefined);
  if (url && !path.startsWith('/') && !URL.canParse(path)) url.pathname = url.pathname.replaceAll(/\/{2,}(?!$)/g, '/');
  return url;
}
