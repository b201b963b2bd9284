'use client';

import { useEffect, useState } from 'react';
import type { ConsentOffer } from '#lib/connections/consents/consent-plan.ts';
import type { Failure, Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { ApiError, api, failureOf } from './api.ts';
import { Button } from './button.tsx';
import { Field, fieldControl } from './field.tsx';
import { FailureNotice, Notice } from './notice.tsx';

/** What a form knows of the consent of its connector. */
export interface FormConsent {
  readonly offer: ConsentOffer;
  /** The connector's name: whom people sign in with. */
  readonly provider: string;
  /** How people reach Weir, where the operator said so. */
  readonly publicUrl: string | null;
  /** The consent that the browser has come back from. */
  readonly back: { readonly id: string; readonly failure: Failure | null } | null;
}

interface Props extends FormConsent {
  readonly connectorId: string;
  readonly sourceId: string | null;
  readonly name: string;
  readonly config: JsonObject;
  /** Problems of the config that the service found, by field. */
  readonly onIssues: (issues: readonly Issue[]) => void;
}

const EXTRAS = {
  clientId: { label: 'Client id', type: 'text' },
  clientSecret: { label: 'Client secret', type: 'password' },
  consentUrl: { label: 'Consent page', type: 'url' },
  tokenUrl: { label: 'Token address', type: 'url' },
  scope: { label: 'Scope', type: 'text' },
} as const;
type Extra = keyof typeof EXTRAS;

/** Signs in at the provider: the browser goes to its consent page and comes back to this form, with the tokens filled in. */
export function ConsentPanel({
  offer,
  provider,
  publicUrl,
  back,
  connectorId,
  sourceId,
  name,
  config,
  onIssues,
}: Props) {
  const [extras, setExtras] = useState<Partial<Record<Extra, string>>>({});
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const redirectUri = useRedirectUri(publicUrl);
  if (!isOffered(offer, config)) return null;
  const signIn = async () => {
    setBusy(true);
    setErrors({});
    setRefused(null);
    try {
      const ids = { connectorId, ...(sourceId !== null && { sourceId }), ...(back && { consentId: back.id }) };
      const { url } = await api.post<{ url: string }>('/oauth/consents', { ...ids, name, config, ...extras });
      window.location.assign(url);
    } catch (error) {
      setBusy(false);
      setRefused(error);
      const issues = error instanceof ApiError ? error.issues : [];
      setErrors(Object.fromEntries(issues.map(({ path, message }) => [path ?? '', message])));
      onIssues(issues.filter(({ path }) => path?.startsWith('config')));
    }
  };
  const connected = back !== null && back.failure === null;
  return (
    <fieldset className="group" id="consent">
      <legend>{provider} account</legend>
      {connected && (
        <Notice state="ok" title="Connected" alert>
          {provider} gave its consent. Save the source to keep it.
        </Notice>
      )}
      {back?.failure && refused === null && <FailureNotice failure={back.failure} title="Not connected" alert />}
      <p className="small muted">
        Make an app in the settings of {provider}, register this redirect address there, and enter its client id and
        secret here: <code>{redirectUri}</code>
      </p>
      {extraFields(offer).map((field) => (
        <Field
          key={field}
          id={`consent-${field}`}
          label={EXTRAS[field].label}
          error={errors[field]}
          optional={field === 'scope'}
        >
          <input
            className="input"
            type={EXTRAS[field].type}
            autoComplete="off"
            spellCheck={false}
            {...fieldControl(`consent-${field}`, errors[field])}
            value={extras[field] ?? ''}
            onChange={(event) => setExtras({ ...extras, [field]: event.target.value })}
          />
        </Field>
      ))}
      {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
      <div>
        <Button onClick={() => void signIn()} busy={busy}>
          {connected ? `Sign in with ${provider} again` : `Sign in with ${provider}`}
        </Button>
      </div>
    </fieldset>
  );
}

/** What neither the manifest nor the config has a place for. */
function extraFields({ client, asksAddresses }: ConsentOffer): Extra[] {
  return [
    ...(client.id === null ? (['clientId'] as const) : []),
    ...(client.secret === null ? (['clientSecret'] as const) : []),
    ...(asksAddresses ? (['consentUrl', 'tokenUrl', 'scope'] as const) : []),
  ];
}

function isOffered({ predicate }: ConsentOffer, config: JsonObject): boolean {
  if (predicate === null) return true;
  const value = predicate.path.reduce<JsonValue | undefined>(
    (inner, key) => (isJsonObject(inner) ? inner[key] : undefined),
    config,
  );
  return predicate.value === null ? value !== undefined : value === predicate.value;
}

/** Known only in the browser where no address is set: people open Weir under several. */
function useRedirectUri(publicUrl: string | null): string {
  const [origin, setOrigin] = useState(publicUrl);
  useEffect(() => setOrigin(publicUrl ?? window.location.origin), [publicUrl]);
  return `${origin ?? ''}/oauth/callback`;
}
