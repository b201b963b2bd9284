import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import { readCommands } from '#lib/pipelines/commands.ts';

export interface OfferedCommands {
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  /** What is wrong with the operator's list. */
  readonly problem: string | null;
}

/** The operator's list as the page shows it; a broken one must not take the page with it. */
export function offeredCommands(env: Pick<Env, 'commandsFile'>): OfferedCommands {
  try {
    return { commands: readCommands(env).map(({ name, description }) => ({ name, description })), problem: null };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { commands: [], problem: [error.message, error.hint].filter(Boolean).join(' ') };
  }
}
