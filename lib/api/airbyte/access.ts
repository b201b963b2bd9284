import { issueToken, TOKEN_LIFE_S } from '#lib/access/access-tokens.ts';
import { createApplication, deleteApplication, listApplications, openWithSecret } from '#lib/access/applications.ts';
import { audit } from '#lib/access/audit.ts';
import { noSuch } from '#lib/access/refusals.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject } from '#lib/json.ts';
import { MASK } from '#lib/secrets.ts';
import { type Call, type ConfigRoute, epochSeconds, idIn, type PublicRoute, textOf } from './call.ts';

const tokenInput = {
  type: 'object',
  required: ['client_id', 'client_secret'],
  properties: { client_id: { type: 'string' }, client_secret: { type: 'string' }, grant_type: { type: 'string' } },
};

/** Health, tokens and applications: what every client begins with. */
export const configRoutes: ConfigRoute[] = [
  {
    verb: 'applications/token',
    role: 'anybody',
    summary: 'A bearer token for a client id and secret',
    input: tokenInput,
    handle: token,
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /health',
    role: 'anybody',
    summary: 'Whether Weir answers',
    handle: () => new Response('Successful operation', { headers: { 'content-type': 'text/plain' } }),
  },
  {
    route: 'POST /applications/token',
    role: 'anybody',
    summary: 'A bearer token for a client id and secret',
    input: tokenInput,
    handle: token,
  },
  {
    route: 'GET /applications',
    role: 'admin',
    summary: 'The applications of the workspace',
    handle: async (call) => ({
      applications: (await listApplications(call.context, call.identity.workspaceId)).map(shown),
    }),
  },
  {
    route: 'POST /applications',
    role: 'admin',
    action: 'application.create',
    summary: 'A new application; its secret is shown this once',
    input: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    handle: create,
  },
  {
    route: 'GET /applications/:id',
    role: 'admin',
    summary: 'One application, without its secret',
    handle: async (call) => shown(await find(call)),
  },
  {
    route: 'DELETE /applications/:id',
    role: 'admin',
    action: 'application.delete',
    summary: 'Deletes an application and its tokens',
    handle: async (call) => {
      const application = await find(call);
      await deleteApplication(call.context, call.identity.workspaceId, application.id);
      call.about(`application:${application.id}`);
      return shown(application);
    },
  },
];

/** Takes JSON and forms; some clients wrap the pair once more. */
async function token({ context, body }: Call): Promise<unknown> {
  const from = isJsonObject(body.body) ? body.body : body;
  const [clientId, clientSecret] = [textOf(from, 'client_id'), textOf(from, 'client_secret')];
  const application = await openWithSecret(context, { clientId, clientSecret });
  if (!application) {
    await audit(context, {
      workspaceId: null,
      actor: `client ${clientId}`,
      action: 'token.refused',
      subject: 'application',
    });
    throw wrongSecret();
  }
  return { access_token: issueToken(context, application.id), token_type: 'Bearer', expires_in: TOKEN_LIFE_S };
}

/** Who came in without credentials can't make some that outlast this. */
async function create(call: Call): Promise<unknown> {
  const { context, identity, body } = call;
  if (identity.userId === null) throw needsPerson();
  const name = textOf(body, 'name');
  const made = await createApplication(context, identity.workspaceId, {
    ...{ name, role: identity.role, createdBy: identity.userId },
  });
  call.about(`application:${made.id}`);
  const createdAt = epochSeconds(context.clock());
  return { id: made.id, name, clientId: made.clientId, clientSecret: made.clientSecret, createdAt };
}

async function find({ context, identity, params }: Call) {
  const id = idIn(params, 'id', 'application');
  const found = (await listApplications(context, identity.workspaceId)).find((each) => each.id === id);
  if (!found) throw noSuch('application');
  return found;
}

function shown({ id, name, clientId, createdAt }: Awaited<ReturnType<typeof find>>) {
  return { id, name, clientId, clientSecret: MASK, createdAt: epochSeconds(createdAt) };
}

function wrongSecret(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_signed_in',
    message: 'Client id and secret do not fit, or the application has expired.',
    hint: 'An administrator makes applications in Settings → API keys.',
  });
}

function needsPerson(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: 'Applications are made by somebody who is signed in.',
    hint: 'Make it in Settings → API keys, or with the API key of a person.',
  });
}
