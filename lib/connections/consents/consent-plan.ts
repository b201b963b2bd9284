import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** A place in the config, and where the provider's answer has what goes there. */
export interface FilledField {
  readonly name: string;
  readonly path: readonly string[];
  /** Absent: by name, however deep. */
  readonly from?: readonly string[];
}

/** How a connector's config is filled by a consent, read once from its `advanced_auth`. */
export interface ConsentPlan {
  /** The consent is for configs that have this value at this place; null means for all. */
  readonly predicate: { readonly path: readonly string[]; readonly value: string | null } | null;
  /** Null where the manifest names no pages: then whoever signs in does. */
  readonly addresses: { readonly consent: string; readonly token: string } | null;
  readonly scope: string;
  /** How the provider calls the fields. */
  readonly keys: Readonly<Record<KeyName, string>>;
  readonly tokenHeaders: Readonly<Record<string, string>>;
  /** Fields of the token request; null means the usual ones. */
  readonly tokenParams: Readonly<Record<string, string>> | null;
  readonly stateLength: { readonly least: number; readonly most: number };
  /** Values of the config that the templates may name. */
  readonly inputs: readonly FilledField[];
  /** Where client id and secret stand in the config; null keeps them out of it. */
  readonly client: { readonly id: readonly string[] | null; readonly secret: readonly string[] | null };
  readonly outputs: readonly FilledField[];
}

const KEYS = {
  client_id: 'client_id',
  client_secret: 'client_secret',
  scope: 'scope',
  state: 'state',
  auth_code: 'code',
  redirect_uri: 'redirect_uri',
} as const;
export type KeyName = keyof typeof KEYS;

const JOINERS: Readonly<Record<string, string>> = { space: ' ', comma: ',', plus: '+' };
const STATE_LENGTH = { least: 43, most: 128 };

/** The plan of an `advanced_auth`; null where it declares no OAuth 2.0 that fills something. */
export function consentPlan(advancedAuth: JsonValue | undefined): ConsentPlan | null {
  if (!isJsonObject(advancedAuth) || (advancedAuth.auth_flow_type ?? 'oauth2.0') !== 'oauth2.0') return null;
  const whole = objectAt(advancedAuth, 'oauth_config_specification');
  const outputs = fields(objectAt(whole, 'complete_oauth_output_specification'));
  if (outputs.length === 0) return null;
  const input = objectAt(whole, 'oauth_connector_input_specification');
  const declared = isJsonObject(input.properties) && input.consent_url === undefined ? input.properties : input;
  const server = fields(objectAt(whole, 'complete_oauth_server_output_specification'));
  const pathOf = (name: string) => server.find((field) => field.name === name)?.path ?? null;
  return {
    predicate: predicateOf(advancedAuth),
    addresses: addressesOf(declared),
    scope: scopeOf(declared),
    keys: keysOf(declared),
    tokenHeaders: texts(declared.access_token_headers),
    tokenParams: isJsonObject(declared.access_token_params) ? texts(declared.access_token_params) : null,
    stateLength: stateLengthOf(declared.state),
    inputs: fields(objectAt(whole, 'oauth_user_input_from_connector_config_specification')),
    client: { id: pathOf('client_id'), secret: pathOf('client_secret') },
    outputs: outputs.map((field) => withSource(field, declared.extract_output)),
  };
}

/** What a form needs to offer the consent. */
export interface ConsentOffer {
  readonly predicate: ConsentPlan['predicate'];
  /** Whether whoever signs in has to name the provider's pages. */
  readonly asksAddresses: boolean;
  readonly client: ConsentPlan['client'];
  readonly fills: readonly (readonly string[])[];
}

export function consentOffer(plan: ConsentPlan): ConsentOffer {
  const { predicate, addresses, client, outputs } = plan;
  return { predicate, asksAddresses: addresses === null, client, fills: outputs.map(({ path }) => path) };
}

/** The value at a place of a config. */
export function valueAt(config: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    config,
  );
}

/** The config with a value put at a place; objects on the way are made. */
export function withValueAt(config: JsonObject, [key, ...rest]: readonly string[], value: JsonValue): JsonObject {
  if (key === undefined) return config;
  const inner = isJsonObject(config[key]) ? config[key] : {};
  return Object.fromEntries([
    ...Object.entries(config).filter(([name]) => name !== key),
    [key, rest.length === 0 ? value : withValueAt(inner, rest, value)],
  ]);
}

function predicateOf({ predicate_key: key, predicate_value: value }: JsonObject): ConsentPlan['predicate'] {
  if (!Array.isArray(key) || key.length === 0) return null;
  return { path: key.map(String), value: typeof value === 'string' ? value : null };
}

function addressesOf({ consent_url: consent, access_token_url: token }: JsonObject): ConsentPlan['addresses'] {
  return typeof consent === 'string' && typeof token === 'string' ? { consent, token } : null;
}

function scopeOf({ scope, scopes, scopes_join_strategy: strategy }: JsonObject): string {
  const joiner = JOINERS[String(strategy ?? 'space')] ?? ' ';
  const list = Array.isArray(scopes) ? scopes : [];
  const named = list.flatMap((each) => (isJsonObject(each) && typeof each.scope === 'string' ? [each.scope] : []));
  if (named.length > 0) return named.join(joiner);
  return typeof scope === 'string' ? scope : '';
}

function keysOf(declared: JsonObject): ConsentPlan['keys'] {
  const key = (name: KeyName) => {
    const own = declared[`${name}_key`];
    return [name, typeof own === 'string' && own !== '' ? own : KEYS[name]] as const;
  };
  return Object.fromEntries((Object.keys(KEYS) as KeyName[]).map(key)) as Record<KeyName, string>;
}

function stateLengthOf(state: JsonValue | undefined): ConsentPlan['stateLength'] {
  const { min, max } = isJsonObject(state) ? state : {};
  const within = (value: JsonValue | undefined, otherwise: number) =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 ? Math.min(value, STATE_LENGTH.most) : otherwise;
  const most = within(max, STATE_LENGTH.most);
  return { least: Math.min(within(min, STATE_LENGTH.least), most), most };
}

/** Both shapes that are in use: a JSON schema with `properties`, or the properties alone. */
function fields(specification: JsonObject): FilledField[] {
  const properties = isJsonObject(specification.properties) ? specification.properties : specification;
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = isJsonObject(field) ? strings(field.path_in_connector_config) : [];
    const from = isJsonObject(field) ? strings(field.path_in_oauth_response) : [];
    return path.length === 0 ? [] : [{ name, path, ...(from.length > 0 && { from }) }];
  });
}

function withSource(field: FilledField, extract: JsonValue | undefined): FilledField {
  const declared = strings(extract).find((path) => path.split('.').at(-1) === field.name);
  return field.from || !declared?.includes('.') ? field : { ...field, from: declared.split('.') };
}

function texts(value: JsonValue | undefined): Record<string, string> {
  return isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, text]) => [key, typeof text === 'string' ? text : JSON.stringify(text)]),
      )
    : {};
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
