import type { Hono } from 'hono';
import { parseSuite, suiteJsonSchema } from '#quality/parse-suite.ts';
import { startChecks } from '#quality/run-checks.ts';
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
import { longText, nullable, readBody, shape, text, uuid } from '../body.ts';
import { as, asId, created, type DoorEnv, idOf } from '../door.ts';
import { badRequest } from '../failures.ts';

const suite = shape({ name: text, text: longText, connectionId: nullable(uuid), destinationId: uuid }, [
  'name',
  'text',
  'destinationId',
]);
const change = shape({ name: text, text: longText, connectionId: nullable(uuid), destinationId: uuid });
const suiteText = shape({ text: longText }, ['text']);
interface SuiteBody {
  name: string;
  text: string;
  connectionId?: string | null;
  destinationId: string;
}

/** Suites of checks, their results and their history. */
export function suiteRoutes(app: Hono<DoorEnv>): void {
  app.get('/schemas/suite', as('viewer'), (c) => c.json(suiteJsonSchema()));
  app.post('/suites/validate', as('viewer'), async (c) => {
    const { issues } = parseSuite((await readBody<{ text: string }>(c.req.raw, suiteText)).text);
    return c.json({ issues });
  });
  app.get('/suites', as('viewer'), async (c) =>
    c.json(await listSuites(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/suites', as('editor', 'suite.create'), async (c) => {
    const input = await readBody<SuiteBody>(c.req.raw, suite);
    return created(c, 'suite', await createSuite(c.get('context'), c.get('identity').workspaceId, input));
  });
  app.get('/suites/suggestions', as('viewer'), async (c) => {
    const connectionId = c.req.query('connectionId');
    const { workspaceId } = c.get('identity');
    return c.json(await listSuggestions(c.get('context'), workspaceId, connectionId ? asId(connectionId) : null));
  });
  app.get('/suites/:id', as('viewer'), async (c) =>
    c.json(await getSuite(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.put('/suites/:id', as('editor', 'suite.update'), async (c) => {
    const input = await readBody<Partial<SuiteBody>>(c.req.raw, change);
    await updateSuite(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    return c.json(await getSuite(c.get('context'), c.get('identity').workspaceId, idOf(c)));
  });
  app.delete('/suites/:id', as('editor', 'suite.delete'), async (c) => {
    await deleteSuite(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/suites/:id/run', as('editor', 'suite.run'), async (c) =>
    c.json(await startChecks(c.get('context'), c.get('identity').workspaceId, idOf(c), 'manual'), 201),
  );
  app.get('/suites/:id/results', as('viewer'), async (c) =>
    c.json(await suiteResults(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.get('/suites/:id/history', as('viewer'), async (c) => {
    const key = c.req.query('key');
    if (!key) throw badRequest('Name the check as ?key=.');
    return c.json(await checkHistory(c.get('context'), c.get('identity').workspaceId, idOf(c), key));
  });
}
