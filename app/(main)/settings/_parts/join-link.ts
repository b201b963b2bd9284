/** The token stands behind the #, which browsers send to no server and write in no log. */
export function joinLink(token: string): string {
  return `${location.origin}/join#${token}`;
}
