import type { Hono } from 'hono';
import { type ProbeRequest, probeInput } from '#lib/connections/probe-input.ts';
import { FAULTS } from '#lib/extract/manifest-tests/misbehaving.ts';
import { cancelProbe, probeEvents, startProbe } from '#lib/sync/probes.ts';
import { anyObject, longText, nullable, readBody, shape, text, uuid, whole } from '../body.ts';
import { filledOf } from '../consent-owner.ts';
import { as, type Door, type DoorEnv, idOf, isStillIn, numberOf } from '../door.ts';
import { eventStream } from '../event-stream.ts';
import { readApart } from '../manifest-thread.ts';

/** Somebody looks at it and waits. */
const LOOK_AGAIN_MS = 60;

const request = shape(
  {
    kind: {
      enum: ['check_source', 'check_destination', 'discover', 'test_read', 'draft', 'plan', 'run_tests', 'keep_test'],
    },
    connectorId: uuid,
    sourceId: uuid,
    destinationId: uuid,
    manifest: longText,
    type: text,
    config: anyObject,
    stream: text,
    connectorVersion: whole,
    limits: anyObject,
    state: nullable(anyObject),
    consentId: uuid,
    faults: { type: 'array', items: { enum: [...FAULTS] } },
    replay: anyObject,
    test: anyObject,
    failed: { type: 'boolean' },
    draft: shape(
      {
        from: { enum: ['url', 'curl', 'openapi', 'har'] },
        url: text,
        text: longText,
        token: text,
        picked: { type: 'array', items: text, maxItems: 500 },
      },
      ['from'],
    ),
  },
  ['kind'],
);

/** Single questions to a source or destination: check, discover, test read, and drafts of connectors. A worker's child answers them. */
export function probeRoutes(app: Hono<DoorEnv>): void {
  app.post('/probes', as('editor', 'probe.start', request), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const context = c.get('context');
    const { kind, consentId, ...asked } = await readBody<ProbeRequest & { consentId?: string }>(c.req.raw, request);
    const filled = await filledOf(c, consentId);
    const input = await probeInput({ ...context, read: readApart }, workspaceId, {
      kind,
      ...asked,
      ...(filled && { filled }),
    });
    return c.json(await startProbe(context, workspaceId, kind, input, actor), 201);
  });
  app.get('/probes/:id/events', as('viewer'), probeEventStream);
  app.delete('/probes/:id', as('editor'), async (c) => {
    await cancelProbe(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
}

async function probeEventStream(c: Door): Promise<Response> {
  const id = idOf(c);
  const { workspaceId } = c.get('identity');
  let after = numberOf(c.req.header('last-event-id') ?? c.req.query('after'), 0);
  // What is not there is said before the stream begins.
  await probeEvents(c.get('context'), workspaceId, id, after);
  const poll = async () => {
    const events = await probeEvents(c.get('context'), workspaceId, id, after);
    after = events.at(-1)?.seq ?? after;
    return {
      events: events.map(({ seq, event }) => ({ event: String(event.type), data: event, id: seq })),
      done: events.some(({ event }) => event.type === 'done'),
    };
  };
  return eventStream(c.req.raw, poll, { pollMs: LOOK_AGAIN_MS, isLetIn: () => isStillIn(c) });
}
