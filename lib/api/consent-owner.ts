import { endConsent, filledConfig } from '#lib/connections/consents/consents.ts';
import type { ConsentOwner } from '#lib/connections/consents/store.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Door } from './door.ts';

/** Whose consent a request is about: the browser's session. @throws WeirError `needs_browser` for keys */
export function consentOwner(c: Door): ConsentOwner {
  const { workspaceId, sessionId } = c.get('identity');
  if (sessionId !== undefined) return { workspaceId, sessionId };
  throw new WeirError({
    kind: 'config',
    code: 'needs_browser',
    message: 'A consent is given in the browser, by somebody who is signed in.',
    hint: "Open the source's form and sign in there; programs enter the tokens in the config.",
  });
}

/** The config that a consent filled; null without one. */
export async function filledOf(c: Door, consentId: string | undefined): Promise<JsonObject | null> {
  return consentId === undefined ? null : filledConfig(c.get('context'), consentOwner(c), consentId);
}

/** Saves what a consent filled, and forgets the consent then. */
export async function withFilled<T>(
  c: Door,
  consentId: string | undefined,
  save: (filled: JsonObject | null) => Promise<T>,
): Promise<T> {
  const saved = await save(await filledOf(c, consentId));
  if (consentId !== undefined) await endConsent(c.get('context'), consentOwner(c), consentId);
  return saved;
}
