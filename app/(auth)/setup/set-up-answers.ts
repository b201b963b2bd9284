export interface SetUpAnswers {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly workspaceName: string;
  readonly defaultNamespace: string;
  readonly notificationEmail: string;
  readonly timeZone: string;
  readonly loadDemo: boolean;
}

export const PASSWORD_LENGTH = 12;

export function emptyAnswers(): SetUpAnswers {
  return {
    name: '',
    email: '',
    password: '',
    workspaceName: '',
    defaultNamespace: 'public',
    notificationEmail: '',
    timeZone: 'UTC',
    loadDemo: true,
  };
}

/** What to repair, by field. The service checks again and has the last word. */
export function setUpErrors(answers: SetUpAnswers): Partial<Record<keyof SetUpAnswers, string>> {
  const { name, email, password, workspaceName, defaultNamespace, notificationEmail } = answers;
  return {
    ...(!name.trim() && { name: 'Give the account a name.' }),
    ...emailError('email', email),
    ...(password.length < PASSWORD_LENGTH && { password: passwordError(password) }),
    ...(!workspaceName.trim() && { workspaceName: 'Give the workspace a name.' }),
    ...(!/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/.test(defaultNamespace) && {
      defaultNamespace: 'Letters, digits and _, beginning with a letter.',
    }),
    ...(notificationEmail.trim() && emailError('notificationEmail', notificationEmail)),
  };
}

function emailError(field: 'email' | 'notificationEmail', email: string) {
  const text = email.trim();
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return {};
  if (!text) return { [field]: 'Give an address, such as ada@example.com.' };
  if (/^[^\s@]+@[^\s@.]+$/.test(text)) return { [field]: 'Add the domain’s ending, such as acme.com.' };
  return { [field]: 'Write one address, such as ada@example.com.' };
}

function passwordError(password: string): string {
  if (!password) return `Choose a password of at least ${PASSWORD_LENGTH} characters.`;
  const missing = PASSWORD_LENGTH - password.length;
  return `Add ${missing} more ${missing === 1 ? 'character' : 'characters'}: ${PASSWORD_LENGTH} is the minimum.`;
}
