import type { Context as HonoContext } from 'hono';
import type { Identity } from '#lib/access/identify.ts';
import type { Changes } from '#lib/connections/timeline.ts';
import type { Context } from '#lib/context.ts';

/** What every route can ask for. */
export interface DoorEnv {
  Bindings: { peer?: string | undefined };
  Variables: { context: Context; identity: Identity; subject: string; changes: Changes };
}
export type Door = HonoContext<DoorEnv>;
