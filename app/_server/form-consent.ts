import { offeredConsent, readConsent } from '#lib/connections/consents/consents.ts';
import type { JsonObject } from '#lib/json.ts';
import type { FormConsent } from '../_components/consent-panel.tsx';
import type { PageContext } from './page-context.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The consent that a source's form offers, and the form as it was left for the consent `?consent=` that has come back. */
export async function formConsent(
  { context, identity, workspaceId }: PageContext,
  connector: { id: string; name: string },
  consentId: string | undefined,
): Promise<{ consent: FormConsent | null; left: { name: string; config: JsonObject } | null }> {
  const offer = await offeredConsent(context, workspaceId, connector.id);
  if (offer === null) return { consent: null, left: null };
  const isKnown = consentId !== undefined && UUID.test(consentId) && identity.sessionId !== undefined;
  const owner = { workspaceId, sessionId: identity.sessionId ?? '' };
  const read = isKnown ? await readConsent(context, owner, consentId) : null;
  const left = read?.connectorId === connector.id ? read : null;
  const back = left && { id: consentId ?? '', failure: left.failure };
  return {
    consent: { offer, provider: connector.name, publicUrl: context.env.publicUrl, back },
    left: left && { name: left.name, config: left.config },
  };
}
