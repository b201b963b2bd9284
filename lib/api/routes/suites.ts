import type { Hono } from 'hono';
import { getDestination } from '#lib/connections/destinations.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { checkSql } from '#quality/check-sql.ts';
import type { KnownTable } from '#quality/known-tables.ts';
import { expectMeasurements, lookBack } from '#quality/look-back.ts';
import { outlineChecks } from '#quality/outline-checks.ts';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { cancelChecks, startBackfill, startChecks } from '#quality/run-checks.ts';
import { listSuggestions } from '#quality/suggest/profile-new-tables.ts';
import {
  checkHistory,
  createSuite,
  deleteSuite,
  getSuite,
  listSuites,
  suiteResults,
  updateSuite,
} from '#quality/suites.ts';
import { type Tried, type TryRequest, tryInput } from '#quality/try-checks.ts';
import { longText, nullable, readBody, shape, text, time, uuid } from '../body.ts';
import { as, asId, created, type Door, type DoorEnv, idOf } from '../door.ts';
import { badRequest } from '../failures.ts';

const suite = shape({ name: text, text: longText, connectionId: nullable(uuid), destinationId: uuid }, [
  'name',
  'text',
  'destinationId',
]);
const change = shape({
  ...{ name: text, text: longText, connectionId: nullable(uuid), destinationId: uuid },
  basedOn: { ...time, description: 'The `updatedAt` that the editor began from: a newer save is not written over.' },
});
const expectation = shape({ key: text, from: time, to: time }, ['key', 'from']);
const suiteText = shape({ text: longText }, ['text']);
const oneOrMore = { anyOf: [text, { type: 'array', items: text, minItems: 1, maxItems: 1_000 }] };
const trying = shape(
  { text: longText, check: oneOrMore, suiteId: nullable(uuid), connectionId: nullable(uuid), destinationId: uuid },
  ['text', 'destinationId'],
);
const DAY_MS = 86_400_000;
const MOST_DAYS = 3_650;

interface SuiteBody {
  name: string;
  text: string;
  connectionId?: string | null;
  destinationId: string;
}

/** Suites of checks, their results and their history. */
export function suiteRoutes(app: Hono<DoorEnv>): void {
  app.get('/schemas/suite', as('viewer'), (c) => c.json(suiteJsonSchema()));
  app.post('/suites/validate', as('viewer', undefined, suiteText), async (c) => {
    const { text } = await readBody<{ text: string }>(c.req.raw, suiteText);
    return c.json(outlineChecks(text));
  });
  app.post('/suites/try', as('editor', 'suite.try', trying), async (c) => {
    const request = await readBody<TryRequest>(c.req.raw, trying);
    const input = await tryInput(c.get('context'), c.get('identity').workspaceId, request);
    const { results, tookMs } = (await asked(c, 'try_checks', input)) as unknown as Tried;
    return c.json({ results, tookMs });
  });
  app.get('/destinations/:id/tables', as('editor'), async (c) => {
    const { id } = await getDestination(c.get('context'), c.get('identity').workspaceId, idOf(c));
    const { tables } = (await asked(c, 'tables', { destinationId: id })) as unknown as { tables: KnownTable[] };
    return c.json(tables);
  });
  app.get('/suites', as('viewer'), async (c) =>
    c.json(await listSuites(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/suites', as('editor', 'suite.create', suite), async (c) => {
    const input = await readBody<SuiteBody>(c.req.raw, suite);
    const { workspaceId } = c.get('identity');
    const made = await createSuite(c.get('context'), workspaceId, input);
    await startBackfill(c.get('context'), workspaceId, made.id);
    return created(c, 'suite', made);
  });
  app.get('/suites/suggestions', as('viewer'), async (c) => {
    const connectionId = c.req.query('connectionId');
    const { workspaceId } = c.get('identity');
    return c.json(await listSuggestions(c.get('context'), workspaceId, connectionId ? asId(connectionId) : null));
  });
  app.get('/suites/:id', as('viewer'), async (c) =>
    c.json(await getSuite(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.put('/suites/:id', as('editor', 'suite.update', change), async (c) => {
    const { basedOn, ...input } = await readBody<Partial<SuiteBody> & { basedOn?: string }>(c.req.raw, change);
    await updateSuite(c.get('context'), c.get('identity').workspaceId, idOf(c), input, basedOn);
    await startBackfill(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.json(await getSuite(c.get('context'), c.get('identity').workspaceId, idOf(c)));
  });
  app.delete('/suites/:id', as('editor', 'suite.delete'), async (c) => {
    await deleteSuite(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/suites/:id/run', as('editor', 'suite.run'), async (c) =>
    c.json(await startChecks(c.get('context'), c.get('identity').workspaceId, idOf(c), 'manual'), 201),
  );
  app.post('/suites/:id/cancel', as('editor', 'suite.cancel'), async (c) =>
    c.json(await cancelChecks(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.get('/suites/:id/results', as('viewer'), async (c) =>
    c.json(await suiteResults(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.get('/suites/:id/sql', as('viewer'), async (c) => {
    const key = c.req.query('key');
    if (!key) throw badRequest('Name the check as ?key=.');
    return c.json(await checkSql(c.get('context'), c.get('identity').workspaceId, idOf(c), key));
  });
  app.get('/suites/:id/look-back', as('viewer'), async (c) => {
    const key = c.req.query('key');
    if (!key) throw badRequest('Name the check as ?key=.');
    const asked = c.req.query('falseAlarmsPerMonth');
    const tolerance = asked === undefined ? undefined : Number(asked);
    if (tolerance !== undefined && !(tolerance > 0 && tolerance <= 30))
      throw badRequest('falseAlarmsPerMonth is a number above 0, at most 30.');
    return c.json(await lookBack(c.get('context'), c.get('identity').workspaceId, idOf(c), key, tolerance));
  });
  app.post('/suites/:id/expected', as('editor', 'suite.expect', expectation), async (c) => {
    const { key, from, to = from } = await readBody<{ key: string; from: string; to?: string }>(c.req.raw, expectation);
    const span = { suiteId: idOf(c), key, from: new Date(from), to: new Date(to) };
    return c.json(await expectMeasurements(c.get('context'), c.get('identity').workspaceId, span));
  });
  app.get('/suites/:id/history', as('viewer'), async (c) => {
    const key = c.req.query('key');
    if (!key) throw badRequest('Name the check as ?key=.');
    const days = c.req.query('days');
    if (days !== undefined && !(Number(days) > 0 && Number(days) <= MOST_DAYS))
      throw badRequest(`days is a number above 0, at most ${MOST_DAYS}.`);
    const span =
      days === undefined ? {} : { since: new Date(c.get('context').clock().getTime() - Number(days) * DAY_MS) };
    return c.json(await checkHistory(c.get('context'), c.get('identity').workspaceId, idOf(c), key, span));
  });
}

/** A worker's child answers: databases and buckets are never asked by the process that serves pages. */
function asked(c: Door, kind: ProbeKind, input: JsonObject): Promise<JsonObject> {
  const { workspaceId, actor: by } = c.get('identity');
  return askProbe(c.get('context'), workspaceId, { kind, input, by, signal: c.req.raw.signal });
}
