import type { Resolution } from '../families.ts';

/** What a status usually means; any other one above 399 is tried again and then a failure of the API. */
export const MEANINGS: Readonly<Record<number, Resolution>> = {
  400: { action: 'FAIL', failureType: 'system_error' },
  401: { action: 'FAIL', failureType: 'config_error' },
  403: { action: 'FAIL', failureType: 'config_error' },
  404: { action: 'FAIL', failureType: 'system_error' },
  405: { action: 'FAIL', failureType: 'system_error' },
  408: { action: 'RETRY', failureType: 'transient_error' },
  429: { action: 'RATE_LIMITED', failureType: 'transient_error' },
  500: { action: 'RETRY', failureType: 'transient_error' },
  502: { action: 'RETRY', failureType: 'transient_error' },
  503: { action: 'RETRY', failureType: 'transient_error' },
  504: { action: 'RETRY', failureType: 'transient_error' },
};

export function meaningOf(status: number): Resolution {
  if (status < 400) return { action: 'SUCCESS' };
  return MEANINGS[status] ?? { action: 'RETRY', failureType: 'system_error' };
}
