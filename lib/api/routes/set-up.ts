import type { Hono } from 'hono';
import { needsSetUp, type SetUpInput, setUp } from '#lib/access/set-up.ts';
import { loadDemo } from '#lib/demo/load-demo.ts';
import { nullable, readBody, shape, text } from '../body.ts';
import { as, type Door, type DoorEnv } from '../door.ts';
import { passOn, withCookiesOf } from '../pass-on.ts';

/** Open while there is no user, and only then. */
export function setUpRoutes(app: Hono<DoorEnv>): void {
  app.get('/setup', async (c) => c.json({ needed: await needsSetUp(c.get('context')) }));
  app.post('/setup', runSetUp);
  app.post('/demo', as('admin', 'demo.load'), async (c) =>
    c.json(await loadDemo(c.get('context'), c.get('identity').workspaceId)),
  );
}

const body = shape(
  {
    name: text,
    email: text,
    password: text,
    workspaceName: text,
    defaultNamespace: text,
    notificationEmail: nullable(text),
    timeZone: text,
    loadDemo: { type: 'boolean' },
  },
  ['name', 'email', 'password', 'workspaceName'],
);
type SetUpBody = Pick<SetUpInput, 'name' | 'email' | 'password' | 'workspaceName'> &
  Partial<SetUpInput> & { loadDemo?: boolean };

async function runSetUp(c: Door): Promise<Response> {
  const { loadDemo: withDemo, ...sent } = await readBody<SetUpBody>(c.req.raw, body);
  const input = { defaultNamespace: 'public', notificationEmail: null, timeZone: 'UTC', ...sent };
  const { workspaceId } = await setUp(c.get('context'), input);
  const answer = await passOn(c, '/sign-in/email', { email: input.email.trim(), password: input.password });
  const demoLoaded = withDemo ? await tryDemo(c, workspaceId) : null;
  return withCookiesOf(answer, { workspaceId, demoLoaded }, 201);
}

/** The workspace stands whatever becomes of the demo, which can be loaded again from the settings. */
async function tryDemo(c: Door, workspaceId: string): Promise<boolean> {
  const context = c.get('context');
  try {
    await loadDemo(context, workspaceId);
    return true;
  } catch (error) {
    context.log.error({ err: error }, 'the demo could not be loaded');
    return false;
  }
}
