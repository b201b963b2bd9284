import type { ComponentTools, CustomComponent } from '#lib/extract/custom/custom-component.ts';
import type { ExtractContext } from '#lib/extract/source.ts';

/** Zoom's tokens live for an hour; a new one is fetched ten seconds before. */
const LIFE_MS = 3_590_000;

interface Token {
  value: Promise<string>;
  untilMs: number;
}

/** Zoom's own grant: a token for an account, for client id and secret in the header. Stands in for the class of source-zoom. */
const component: CustomComponent = {
  className: 'source_declarative_manifest.components.ServerToServerOauthAuthenticator',
  create(settings, tools) {
    const text = (name: string) => tools.text(settings[name]);
    const kept = tools.shared(text('account_id'), (): { token: Token | null } => ({ token: null }));
    return {
      async parts(context: ExtractContext) {
        const nowMs = context.clock().getTime();
        if (kept.token === null || kept.token.untilMs <= nowMs)
          kept.token = { value: fetchToken(context, text, tools), untilMs: nowMs + LIFE_MS };
        const mine = kept.token;
        try {
          return { headers: { Authorization: `Bearer ${await mine.value}`, 'Content-type': 'application/json' } };
        } catch (error) {
          if (kept.token === mine) kept.token = null;
          throw error;
        }
      },
      renew() {
        kept.token = null;
        return true;
      },
    };
  },
};

async function fetchToken(
  context: ExtractContext,
  text: (name: string) => string,
  tools: ComponentTools,
): Promise<string> {
  const url = new URL(text('authorization_endpoint'));
  url.searchParams.set('grant_type', 'account_credentials');
  url.searchParams.set('account_id', text('account_id'));
  const client = Buffer.from(`${text('client_id')}:${text('client_secret')}`).toString('base64');
  tools.noteSecret(client);
  const response = await context.http.send({
    method: 'POST',
    url: url.href,
    headers: { authorization: `Basic ${client}`, 'content-type': 'application/json' },
    signal: context.signal,
  });
  const body = await response.text();
  if (response.status !== 200)
    throw tools.error(
      response.status >= 500 || response.status === 429 ? 'transient' : 'config',
      `Zoom gave no token: it answered ${response.status}.`,
      'Check account id, client id and client secret of the server-to-server app.',
    );
  const token = String((JSON.parse(body) as { access_token?: unknown }).access_token ?? '');
  if (token === '') throw tools.error('terminal', 'The answer of Zoom has no access_token.');
  tools.noteSecret(token);
  return token;
}

export default component;
