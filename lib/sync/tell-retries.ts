import type { Retry } from '#lib/extract/source.ts';
import type { Recorder } from './recorder.ts';
import type { SyncStream } from './sync-stream.ts';

/** Lines of one stream in one attempt: an API that limits every page must not fill the log. */
const MOST_TOLD = 50;

/** Writes requests that are sent again into the sync's log: else a sync that waits for an API looks as if it stood still. */
export function tellRetries(recorder: Pick<Recorder, 'log'>, streams: readonly SyncStream[]): (retry: Retry) => void {
  const told = new Map<string, number>();
  return ({ stream, said, tries, waitMs }) => {
    const count = (told.get(stream) ?? 0) + 1;
    told.set(stream, count);
    if (count > MOST_TOLD) return;
    const last = count === MOST_TOLD ? ' More of them are not told of.' : '';
    recorder.log(
      'warn',
      `${said.replace(/\.$/, '')}; asked again in ${Math.round(waitMs / 100) / 10} s (try ${tries + 1}).${last}`,
      streams.find(({ configured }) => configured.stream.name === stream),
    );
  };
}
