import { WeirError } from '#lib/errors.ts';
import type { ConsentPlan } from './consent-plan.ts';
import { type ConsentValues, codeChallenge, fillTemplate, templateNames } from './consent-template.ts';

/** What one consent goes through the provider's pages with. */
export interface ConsentCourse {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  readonly state: string;
  /** PKCE, RFC 7636; the consent page gets its SHA-256. */
  readonly verifier: string;
  readonly addresses: { readonly consent: string; readonly token: string };
  /** Values of the config that the templates name. */
  readonly inputs: ConsentValues;
}

export interface TokenCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where to send the browser. What the manifest's address leaves out of RFC 6749 and 7636 is added. */
export function consentUrl(plan: ConsentPlan, course: ConsentCourse): string {
  const { keys, scope } = plan;
  const url = webAddress(fillTemplate(course.addresses.consent, valuesOf(plan, course)), 'consent page');
  const wanted: Record<string, string> = {
    response_type: 'code',
    [keys.client_id]: course.clientId,
    [keys.redirect_uri]: course.redirectUri,
    [keys.state]: course.state,
    ...(scope !== '' && { [keys.scope]: scope }),
  };
  for (const [name, value] of Object.entries(wanted))
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  if (!url.searchParams.has('code_challenge')) {
    url.searchParams.set('code_challenge', codeChallenge(course.verifier));
    url.searchParams.set('code_challenge_method', 'S256');
  }
  return url.href;
}

/** The request that exchanges the code: as the manifest declares it, or the form of RFC 6749. */
export function tokenCall(plan: ConsentPlan, course: ConsentCourse, code: string): TokenCall {
  const values = { ...valuesOf(plan, course), auth_code_value: code };
  const { tokenHeaders, tokenParams } = plan;
  const url = webAddress(fillTemplate(course.addresses.token, values), 'token address');
  const headers = filled(tokenHeaders, values);
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const verifier = { code_verifier: verifierOf(plan, course) };
  const send = (contentType: string, body: string): TokenCall => ({
    url: url.href,
    headers: { accept: 'application/json', ...(body !== '' && !type && { 'content-type': contentType }), ...headers },
    body,
  });
  if (tokenParams !== null) {
    const fields = { ...verifier, ...filled(tokenParams, values) };
    return type?.includes('form-urlencoded')
      ? send(FORM, form(fields))
      : send('application/json', JSON.stringify(fields));
  }
  if (templateNames(course.addresses.token).includes('auth_code_value')) {
    if (!url.searchParams.has('code_verifier')) url.searchParams.set('code_verifier', verifier.code_verifier);
    return send(FORM, '');
  }
  const { keys } = plan;
  const basic = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const client = { [keys.client_id]: course.clientId, [keys.client_secret]: course.clientSecret };
  const grant = { grant_type: 'authorization_code', [keys.auth_code]: code, [keys.redirect_uri]: course.redirectUri };
  return send(FORM, form({ ...grant, ...(!basic && client), ...verifier }));
}

const FORM = 'application/x-www-form-urlencoded';

/** Airbyte's templates make the challenge of the state itself; then the state is the verifier. */
function verifierOf(plan: ConsentPlan, course: ConsentCourse): string {
  const url = new URL(fillTemplate(course.addresses.consent, valuesOf(plan, course)));
  return url.searchParams.get('code_challenge') === codeChallenge(course.state) ? course.state : course.verifier;
}

function valuesOf({ keys, scope }: ConsentPlan, course: ConsentCourse): ConsentValues {
  const names = Object.fromEntries(Object.entries(keys).map(([name, key]) => [`${name}_key`, key]));
  return {
    ...course.inputs,
    ...names,
    client_id_value: course.clientId,
    client_secret_value: course.clientSecret,
    redirect_uri_value: course.redirectUri,
    state_value: course.state,
    scope_value: scope,
  };
}

function filled(templates: Readonly<Record<string, string>>, values: ConsentValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, text]) => [fillTemplate(name, values), fillTemplate(text, values)]),
  );
}

function form(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}

/** A browser is sent there: nothing but the web, so that no manifest can run a script in our page. */
function webAddress(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '')
    return url;
  throw new WeirError({
    kind: 'config',
    code: 'consent_address',
    message: `The ${what} is no address of the web.`,
    hint: 'It begins with https://.',
  });
}
