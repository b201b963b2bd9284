import { WeirError } from '#lib/errors.ts';

export function notFound(noun: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `There is no such ${noun}.`,
    hint: 'It may have been deleted.',
  });
}

export function alreadyRunning(connectionId: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'sync_running',
    message: `A sync is already running for: ${connectionId}`,
    hint: 'Wait until it has ended, or cancel it.',
  });
}

export function stillHeld(syncId: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'load_held',
    message: `The load of sync ${syncId} is held by a failing check.`,
    hint: 'Release or discard it first, or discard it and run again in one step.',
  });
}

export function notHeld(syncId: number): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_held',
    message: `Sync ${syncId} holds no load.`,
    hint: 'Somebody may have decided already.',
  });
}
