import { WeirError } from './errors.ts';

/** Weir's own settings: no pattern of the operator gives these away. */
const NEVER = /^(WEIR_|DATABASE_URL$|PG[A-Z]+$)/;
const REFERENCE = /\$\{env:([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface EnvReferences {
  /** Why the operator does not let configs refer to this variable; null when they may. */
  refusal(name: string): string | null;
  /** The text with each reference replaced. @throws WeirError `env_not_allowed`, `env_not_set` */
  resolve(text: string): string;
}

/**
 * Secrets that configs name as `${env:NAME}` in place of holding them: read from the environment at the moment of use.
 * @param allowed names, or beginnings of names that end in `*`; whoever can edit a source can send what these hold anywhere
 */
export function createEnvReferences(
  allowed: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): EnvReferences {
  const isAllowed = (name: string) =>
    NAME.test(name) &&
    !NEVER.test(name) &&
    allowed.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
  const refusal = (name: string) =>
    isAllowed(name) ? null : `\${env:${name}} is not a variable that the operator lets configs refer to.`;
  const lookUp = (name: string): string => {
    const message = refusal(name);
    if (message !== null) throw notUsable('env_not_allowed', message, `It has to be named in WEIR_ENV_REFERENCES.`);
    const value = variables[name];
    if (value) return value;
    const hint = 'Set it for the web server and every worker, and start them again.';
    throw notUsable('env_not_set', `The variable ${name}, which a config refers to, is not set.`, hint);
  };
  return { refusal, resolve: (text) => text.replace(REFERENCE, (_, name: string) => lookUp(name)) };
}

/** The names that a text refers to. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(([, name = '']) => name);
}

function notUsable(code: string, message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code, message, hint });
}
