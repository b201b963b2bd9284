import type { Hono } from 'hono';
import { schemaChanges } from '#lib/connections/schema-changes.ts';
import { schemaDiff, schemaHistory } from '#lib/connections/schema-history.ts';
import { streamGrid } from '#lib/connections/stream-grid.ts';
import { type Changes, connectionTimeline } from '#lib/connections/timeline.ts';
import type { JsonValue } from '#lib/json.ts';
import type { NextState } from '#lib/sync/order.ts';
import { connectionStates, setStates } from '#lib/sync/states.ts';
import { anyObject, nullable, readBody, shape, text } from '../body.ts';
import { as, type DoorEnv, numberOf } from '../door.ts';
import { connectionFound } from './connection-found.ts';

const state = shape({ name: text, namespace: text, state: nullable(anyObject) }, ['name', 'state']);
const stateList = shape({ states: { type: 'array', items: state, maxItems: 1_000 } }, ['states']);

/** What became of a connection and its streams so far, and how far each was read. */
export function connectionPastRoutes(app: Hono<DoorEnv>): void {
  app.get('/connections/:id/timeline', as('viewer'), async (c) =>
    c.json(await connectionTimeline(...(await connectionFound(c)))),
  );
  app.get('/connections/:id/schemas', as('viewer'), async (c) =>
    c.json(await schemaHistory(...(await connectionFound(c)))),
  );
  app.get('/connections/:id/schemas/:version', as('viewer'), async (c) => {
    const found = await connectionFound(c);
    const before = c.req.query('before');
    const asked = { id: numberOf(c.req.param('version')), beforeId: before ? numberOf(before) : undefined };
    return c.json(await schemaDiff(...found, asked));
  });
  app.get('/connections/:id/schema-changes', as('viewer'), async (c) =>
    c.json(await schemaChanges(...(await connectionFound(c)))),
  );
  app.get('/connections/:id/grid', as('viewer'), async (c) => c.json(await streamGrid(...(await connectionFound(c)))));
  app.get('/connections/:id/states', as('viewer'), async (c) =>
    c.json(await connectionStates(...(await connectionFound(c)))),
  );
  app.put('/connections/:id/states', as('editor', 'connection.set_state', stateList), async (c) => {
    const found = await connectionFound(c);
    const before = await connectionStates(...found);
    const { states } = await readBody<{ states: NextState[] }>(c.req.raw, stateList);
    const named = states.map((each) => ({ ...each, namespace: each.namespace ?? '' }));
    await setStates(...found, { states: named, by: c.get('identity').actor });
    c.set('subject', `connection:${found[2]}`);
    c.set('changes', statesChanged(before, named));
    return c.json(await connectionStates(...found));
  });
}

function statesChanged(before: readonly NextState[], after: readonly NextState[]): Changes {
  const of = ({ name, namespace }: NextState) =>
    before.find((each) => each.name === name && each.namespace === namespace)?.state ?? null;
  return Object.fromEntries(
    after.map((next) => [`state of ${next.name}`, [of(next), next.state] as [JsonValue, JsonValue]]),
  );
}
