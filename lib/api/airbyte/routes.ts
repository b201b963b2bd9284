import * as access from './access.ts';
import type { ConfigRoute, PublicRoute } from './call.ts';
import * as connections from './connections.ts';
import * as declarative from './declarative.ts';
import * as definitions from './definitions.ts';
import * as destinations from './destinations.ts';
import * as jobs from './jobs.ts';
import * as notifications from './notifications.ts';
import * as sources from './sources.ts';
import * as state from './state.ts';
import * as streams from './streams.ts';
import * as stubs from './stubs.ts';
import * as tags from './tags.ts';
import * as webBackend from './web-backend.ts';
import * as workspaces from './workspaces.ts';

/** Every verb below `/api/v1`. */
export const configRoutes: readonly ConfigRoute[] = [
  ...access.configRoutes,
  ...workspaces.configRoutes,
  ...definitions.configRoutes,
  ...sources.configRoutes,
  ...destinations.configRoutes,
  ...connections.configRoutes,
  ...jobs.configRoutes,
  ...state.configRoutes,
  ...tags.configRoutes,
  ...notifications.configRoutes,
  ...webBackend.configRoutes,
  ...stubs.configRoutes,
];

/** Every route below `/api/public/v1` and `/v1`. */
export const publicRoutes: readonly PublicRoute[] = [
  ...access.publicRoutes,
  ...workspaces.publicRoutes,
  // Before the definitions of sources and destinations, whose paths would take theirs.
  ...declarative.publicRoutes,
  ...definitions.publicRoutes,
  ...sources.publicRoutes,
  ...destinations.publicRoutes,
  ...connections.publicRoutes,
  ...jobs.publicRoutes,
  ...streams.publicRoutes,
  ...tags.publicRoutes,
  ...stubs.publicRoutes,
];
