import { WeirError } from '#lib/errors.ts';
import type { AttemptRef } from './destination.ts';

export function fenced(attempt: AttemptRef): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'fenced',
    message: `A newer attempt has taken over from attempt ${attempt.attempt} of sync ${attempt.syncId}.`,
    hint: 'Nothing to do: the newer attempt goes on.',
  });
}

export function notCheckpointed(stream: string): WeirError {
  return new WeirError({
    kind: 'bug',
    code: 'not_checkpointed',
    message: `Stream ${stream} was to be published as complete while slices were still open.`,
  });
}

export function quarantineChanged(stream: string): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'quarantine_changed',
    message: `Rows of ${stream} were taken out of quarantine while they were loaded again.`,
    hint: 'Nothing was loaded. Load again what is left.',
    where: { stream },
  });
}
