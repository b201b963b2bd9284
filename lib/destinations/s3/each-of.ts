const AT_ONCE = 8;

/** Some at once; none is under way any more when it fails. */
export async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const ended = await Promise.allSettled(all.slice(at, at + AT_ONCE).map(work));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}
