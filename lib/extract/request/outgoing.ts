import { WeirError } from '#lib/errors.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Authenticator, Requester } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { type Slice, sliceKey, sliceVariables } from '../slice.ts';
import type { ExtractContext } from '../source.ts';
import { joinUrl } from './join-url.ts';
import { mergeParts } from './merge-parts.ts';
import { PLAIN, requestInputs } from './request-inputs.ts';

/** A request as it is sent. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const WITH_BODY = ['GET', 'POST', 'PUT', 'PATCH'];

/** Puts one request together: the requester's own options, the credentials, then those of paginator and slice. */
export async function outgoingRequest(
  requester: { component: JsonObject; method: string; authenticator: Authenticator | null },
  build: Build,
  context: ExtractContext,
  { slice, parts, token }: Parameters<Requester['send']>[1],
): Promise<Outgoing> {
  const { component, method, authenticator } = requester;
  const variables = { ...sliceVariables(slice), next_page_token: token === null ? null : { next_page_token: token } };
  const scope = scopeOf(build, component, variables);
  const credentials = await authenticator?.parts(context);
  const merged = mergeParts([requestInputs(component, scope), ...(credentials ? [credentials] : []), ...parts]);
  const text = (name: string) => interpolateText(String(component[name] ?? ''), scope);
  const url = joined(text('url') || text('url_base'), merged.path || text('path').replace(/^\/+/, ''), slice);
  for (const [name, value] of Object.entries(merged.params)) addParameter(url, name, value);
  const body = WITH_BODY.includes(method) ? bodyOf(merged) : null;
  const headers = {
    ...(!hasHeader(merged.headers, 'accept') && { accept: 'application/json, */*' }),
    ...(body?.type && !hasHeader(merged.headers, 'content-type') && { 'content-type': body.type }),
    ...merged.headers,
  };
  return { method, url: url.href, headers, ...(body && { body: body.text }) };
}

function joined(start: string, path: string, slice: Slice): URL {
  const url = joinUrl(start, path);
  if (url) return url;
  throw new WeirError({
    kind: 'config',
    code: 'bad_url',
    message: `${JSON.stringify(path ? `${start}/${path}` : start)} is no address.`,
    hint: 'Look at url and url_base, and at the values of the config that they use.',
    where: { slice: sliceKey(slice) },
  });
}

/** A parameter that the address carries already with the same value stays single. */
function addParameter(url: URL, name: string, value: string | string[]): void {
  const known = url.searchParams.getAll(name);
  for (const item of [value].flat()) if (!known.includes(item)) url.searchParams.append(name, item);
}

function bodyOf({
  bodyData,
  bodyJson,
}: {
  bodyData: Readonly<Record<string, string | string[]>>;
  bodyJson: JsonObject;
}): { text: string; type?: string } | null {
  const hasData = Object.keys(bodyData).length > 0;
  const hasJson = Object.keys(bodyJson).length > 0;
  if (hasData && hasJson) throw twoBodies('a form and a JSON body');
  if (PLAIN in bodyData) {
    if (Object.keys(bodyData).length > 1) throw twoBodies('a text and the fields of a form');
    return { text: String(bodyData[PLAIN]) };
  }
  if (hasJson) return { text: stringifyJson(bodyJson), type: 'application/json' };
  if (!hasData) return null;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(bodyData)) for (const item of [value].flat()) form.append(name, item);
  return { text: form.toString(), type: 'application/x-www-form-urlencoded' };
}

function twoBodies(which: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'duplicate_option',
    message: `The request has two bodies: ${which}.`,
    hint: 'Look at the requester, the authenticator, the paginator and the cursor: two of them set one.',
  });
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}
