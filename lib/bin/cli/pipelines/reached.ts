import { WeirError } from '#lib/errors.ts';

/** What a service answers. @throws WeirError `unreachable` with the hint, where it gives no answer */
export async function reached(url: string, hint: string, ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (cause) {
    throw new WeirError({
      ...{ kind: 'transient', code: 'unreachable', message: `${url} can’t be reached.` },
      ...{ hint, cause },
    });
  }
}
