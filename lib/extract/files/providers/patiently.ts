import { WeirError } from '#lib/errors.ts';
import type { ExtractContext } from '../../source.ts';
import { fileError, inFile } from '../file-errors.ts';
import type { Told } from './provider.ts';

/** What breaks off is fetched again so often; then the sync's next attempt may. */
const MOST_TRIES = 3;
const MOST_WAIT_S = 600;

/** Fetches a file again where time may mend it, after as long as its server asks for. One that changed has to be listed again. */
export async function patiently<T>(
  context: ExtractContext,
  file: string,
  onWait: Told['onWait'],
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (thrown) {
      context.signal.throwIfAborted();
      if (!(thrown instanceof WeirError)) throw thrown;
      const error = thrown.where.file === undefined ? inFile(thrown, file) : thrown;
      const mayPass = error.kind === 'transient' && error.code !== 'file_changed';
      if (!mayPass || tries === MOST_TRIES) throw error;
      const waitS = error.retryAfterS ?? 2 ** (tries - 1);
      if (waitS > MOST_WAIT_S) throw waitTooLong(file, waitS, error);
      if (error.code === 'rate_limited') context.onRateLimited?.();
      onWait?.(`${error.message} It is asked again in ${waitS} s.`);
      await context.sleep(waitS * 1000);
    }
  }
}

function waitTooLong(file: string, seconds: number, cause: WeirError): WeirError {
  const hint = 'Sync again later, or less often.';
  const message = `its server asks to wait ${seconds} s, and a sync waits ${MOST_WAIT_S} s at the most.`;
  return fileError('transient', 'wait_too_long', { file }, message, hint, cause);
}
