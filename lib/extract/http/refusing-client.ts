import { WeirError } from '#lib/errors.ts';
import type { HttpClient } from './http-client.ts';
import { withoutQuery } from './request-url.ts';

/** Code of the error that stands for a request which was not sent. */
export const NOT_SENT = 'not_sent';

/** A client that sends nothing: whoever wants to send learns that this is a plan. */
export const refusingClient: HttpClient = {
  async send({ url }) {
    throw notSent(withoutQuery(url));
  },
  close: async () => undefined,
};

export function notSent(url: string): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: NOT_SENT,
    message: `${url} was not asked: this is a plan.`,
    where: { url },
  });
}
