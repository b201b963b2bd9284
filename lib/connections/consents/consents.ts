import { randomBytes, randomUUID } from 'node:crypto';
import type { Db } from '#lib/db/connect.ts';
import { type GuardContext, workspaceGuard } from '#lib/db/workspace-guard.ts';
import { type Failure, type Issue, toFailure, WeirError } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import { assertNoReference, followReferences, MASK, maskConfig, type Secrets } from '#lib/secrets.ts';
import { configIssues } from '../config-issues.ts';
import { compiledOf } from '../connectors.ts';
import { describeCompiled } from '../manifests.ts';
import { notFound, refuseIssues } from '../refusals.ts';
import { mergedConfig } from '../sealed-config.ts';
import { findStored, sourceAad } from '../sources.ts';
import { type ConsentOffer, type ConsentPlan, consentOffer, consentPlan, valueAt } from './consent-plan.ts';
import { type ConsentCourse, consentUrl } from './consent-request.ts';
import { exchangeCode, fillConfig, refusedByProvider } from './exchange-code.ts';
import { type ConsentOwner, findConsent, forgetConsent, insertConsent, saveOutcome, takeConsent } from './store.ts';

/** How long the provider's page may stay open. */
const CONSENT_LIFE_MS = 15 * 60_000;
/** How long the form may stay unsaved afterwards. */
const FORM_LIFE_MS = 60 * 60_000;

interface ConsentContext extends GuardContext {
  readonly secrets: Secrets;
  readonly clock: () => Date;
  readonly log: Log;
}

export interface BeginConsent {
  readonly connectorId: string;
  readonly sourceId?: string;
  /** The form as it stands; it comes back filled. */
  readonly name: string;
  readonly config: JsonObject;
  /** Where the config has no place for them. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Where the manifest names none. */
  readonly consentUrl?: string;
  readonly tokenUrl?: string;
  readonly scope?: string;
}

/** What is sealed in the row. */
interface Kept {
  readonly name: string;
  readonly config: JsonObject;
  readonly course: ConsentCourse | null;
  readonly scope: string;
}

/** What the form of a connector offers; null where its manifest declares no consent. */
export async function offeredConsent(
  { db }: { db: Db },
  workspaceId: string,
  connectorId: string,
): Promise<ConsentOffer | null> {
  const compiled = await compiledOf({ db }, workspaceId, connectorId);
  const plan = compiled && planOf(compiled);
  return plan ? consentOffer(plan) : null;
}

/** Begins a consent: where to send the browser. @throws WeirError `invalid_input` with what is missing, by field */
export async function beginConsent(
  { db, secrets, clock }: ConsentContext,
  owner: ConsentOwner,
  redirectUri: string,
  input: BeginConsent,
  /** What masks stand for, open: what an earlier consent of this form keeps. */
  filled: JsonObject | null = null,
): Promise<{ id: string; url: string }> {
  const compiled = await compiledOf({ db }, owner.workspaceId, input.connectorId);
  const plan = compiled && planOf(compiled);
  if (!plan) throw notFound('consent: the newest version of the connector declares no advanced_auth');
  const stored = input.sourceId === undefined ? null : await findStored(db, owner.workspaceId, input.sourceId);
  if (stored && stored.connector_id !== input.connectorId) throw notFound('source of this connector');
  const config = mergedConfig(secrets, {
    aad: sourceAad(input.sourceId ?? 'none'),
    stored: filled ?? stored?.config ?? null,
    sent: input.config,
  });
  const scope = plan.addresses === null ? (input.scope ?? '') : plan.scope;
  const { spec } = describeCompiled(compiled);
  const course = courseOf(plan, input, followReferences(secrets, spec, config), redirectUri);
  const url = consentUrl({ ...plan, scope }, course);
  const id = randomUUID();
  await insertConsent(db, owner, {
    id,
    connectorId: input.connectorId,
    sourceId: input.sourceId ?? null,
    state: course.state,
    sealed: seal(secrets, id, { name: input.name, config, course, scope }),
    expiresAt: new Date(clock().getTime() + CONSENT_LIFE_MS),
  });
  return { id, url };
}

/** What the provider sent the browser back with. */
export interface ConsentReturn {
  readonly state: string;
  readonly code: string | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
}

export interface FinishedConsent {
  readonly id: string;
  readonly connectorId: string;
  readonly sourceId: string | null;
  readonly failure: Failure | null;
}

/**
 * Ends a consent: exchanges the code and fills the config of the form that waits for it. Null when the state is nobody's, was
 * used, is too old, or belongs to another session; what the provider refuses is kept for the form.
 */
export async function finishConsent(
  c: ConsentContext,
  owner: ConsentOwner,
  back: ConsentReturn,
): Promise<FinishedConsent | null> {
  const row = await takeConsent(c.db, owner, back.state, c.clock());
  if (!row) return null;
  const kept = unseal(c.secrets, row.id, row.sealed);
  const outcome = await tokensFor(c, owner, row.connector_id, kept, back);
  await saveOutcome(c.db, row.id, {
    status: outcome.failure === null ? 'connected' : 'failed',
    // The client's secret is in the config by now, if the connector has a place for it: verifier and state are over.
    sealed: seal(c.secrets, row.id, { ...kept, config: outcome.config, course: null }),
    failure: outcome.failure,
    expiresAt: new Date(c.clock().getTime() + FORM_LIFE_MS),
  });
  return { id: row.id, connectorId: row.connector_id, sourceId: row.source_id, failure: outcome.failure };
}

/** The form that a consent was begun from, secrets masked; null when it is over or another session's. */
export async function readConsent(
  { db, secrets, clock }: ConsentContext,
  owner: ConsentOwner,
  id: string,
): Promise<{ name: string; config: JsonObject; connectorId: string; failure: Failure | null } | null> {
  const row = await findConsent(db, owner, id, clock());
  if (!row || (row.status !== 'connected' && row.status !== 'failed')) return null;
  const { name, config } = unseal(secrets, id, row.sealed);
  const { spec } = describeCompiled((await compiledOf({ db }, owner.workspaceId, row.connector_id)) ?? {});
  return { name, config: maskConfig(spec, config), connectorId: row.connector_id, failure: row.failure };
}

/** The filled config itself, for a save or a test whose masks stand for it. @throws WeirError `not_found` */
export async function filledConfig(c: ConsentContext, owner: ConsentOwner, id: string): Promise<JsonObject> {
  const row = await findConsent(c.db, owner, id, c.clock());
  if (!row) throw notFound('sign-in at the provider; sign in again');
  return unseal(c.secrets, id, row.sealed).config;
}

/** After the source was saved. */
export async function endConsent({ db }: { db: Db }, owner: ConsentOwner, id: string): Promise<void> {
  await forgetConsent(db, owner, id);
}

function planOf(compiled: JsonObject): ConsentPlan | null {
  return consentPlan(isJsonObject(compiled.spec) ? compiled.spec.advancedAuth : undefined);
}

async function tokensFor(
  c: ConsentContext,
  { workspaceId }: ConsentOwner,
  connectorId: string,
  { config, course, scope }: Kept,
  back: ConsentReturn,
): Promise<{ config: JsonObject; failure: Failure | null }> {
  const http = createHttpClient({ guard: await workspaceGuard(c, workspaceId), clock: c.clock, log: c.log });
  try {
    const compiled = await compiledOf(c, workspaceId, connectorId);
    const plan = compiled && planOf(compiled);
    if (!plan || !course) throw notFound('consent any more: the connector has changed');
    if (back.code === null) throw refusedByProvider(back.error ?? 'no code', back.errorDescription, course.redirectUri);
    const answer = await exchangeCode(http, { ...plan, scope }, course, back.code);
    const filled = fillConfig(plan, course, config, answer, c.clock());
    assertNoReference(answer);
    assertFilled(describeCompiled(compiled).spec, plan, filled);
    return { config: filled.config, failure: null };
  } catch (error) {
    const failure = toFailure(error);
    if (failure.kind === 'bug') c.log.error({ err: error }, 'a consent failed');
    return { config, failure };
  } finally {
    await http.close();
  }
}

/** What the config requires and the provider did not give. */
function assertFilled(spec: JsonObject, plan: ConsentPlan, { config, missing }: ReturnType<typeof fillConfig>): void {
  const wanted = new Set(configIssues(spec, config).map(({ path }) => path));
  const lacking = missing.filter(({ path }) => wanted.has(['config', ...path].join('.')));
  if (lacking.length === 0 && missing.length < plan.outputs.length) return;
  throw new WeirError({
    kind: 'config',
    code: 'consent_incomplete',
    message: `The provider gave no ${(lacking.length > 0 ? lacking : missing).map(({ name }) => name).join(', ')}.`,
    hint: 'The app there may lack offline access, or consent was given before: take it back there, then sign in again.',
  });
}

function courseOf(plan: ConsentPlan, input: BeginConsent, config: JsonObject, redirectUri: string): ConsentCourse {
  const problems: Issue[] = [];
  const text = (path: readonly string[] | null, given: string | undefined, name: string): string => {
    const value = path === null ? given : valueAt(config, path);
    if (typeof value === 'string' && value.trim() !== '' && value !== MASK) return value.trim();
    problems.push({ path: path === null ? name : ['config', ...path].join('.'), message: 'Signing in needs this.' });
    return '';
  };
  const addresses = plan.addresses ?? {
    consent: text(null, input.consentUrl, 'consentUrl'),
    token: text(null, input.tokenUrl, 'tokenUrl'),
  };
  const course = {
    clientId: text(plan.client.id, input.clientId, 'clientId'),
    clientSecret: text(plan.client.secret, input.clientSecret, 'clientSecret'),
    inputs: Object.fromEntries(plan.inputs.map(({ name, path }) => [name, text(path, undefined, name)])),
  };
  refuseIssues('Signing in needs more.', problems);
  return {
    ...course,
    addresses,
    redirectUri,
    state: randomText(plan.stateLength),
    verifier: randomText({ least: 43 }),
  };
}

/** 256 random bits, or as many as the provider takes. */
function randomText({ least, most = least }: { least: number; most?: number }): string {
  return randomBytes(Math.ceil((Math.max(least, Math.min(43, most)) * 3) / 4))
    .toString('base64url')
    .slice(0, Math.max(least, Math.min(43, most)));
}

/** Binds what a consent keeps to its row. */
export function consentAad(id: string): string {
  return `consent:${id}`;
}

function seal(secrets: Secrets, id: string, kept: Kept): string {
  return secrets.seal(JSON.stringify(kept), consentAad(id));
}

function unseal(secrets: Secrets, id: string, sealed: string): Kept {
  return JSON.parse(secrets.open(sealed, consentAad(id))) as Kept;
}
