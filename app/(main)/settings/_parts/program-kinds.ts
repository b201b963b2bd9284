import type { ApiKey } from '#lib/access/api-keys.ts';
import type { Application } from '#lib/access/applications.ts';
import type { Wire } from '../../../_components/wire.ts';

/** What lets a program in, as a row of its table. */
export type Program = Pick<Wire<ApiKey>, 'id' | 'name' | 'role' | 'createdAt' | 'lastUsedAt' | 'expiresAt'>;

/** A way for programs to come in: its words, its route, and what of it may be seen again. */
export interface ProgramKind<Row extends Program, Made> {
  /** As in `Make key`. */
  readonly noun: string;
  readonly path: string;
  readonly title: string;
  readonly label: string;
  readonly newLabel: string;
  readonly empty: string;
  readonly afterDelete: string;
  /** The column that tells one from another. */
  readonly mark: { readonly name: string; of(row: Row): string };
  /** What is shown once, when it is made. */
  shown(made: Made): readonly (readonly [name: string, value: string])[];
}

export const API_KEYS: ProgramKind<Wire<ApiKey>, { readonly secret: string }> = {
  noun: 'key',
  path: '/api-keys',
  title: 'Keys',
  label: 'API keys',
  newLabel: 'New API key',
  empty: 'No key yet. Programs send one as “Authorization: Bearer …”.',
  afterDelete: 'Programs that use this key are refused from now on.',
  mark: { name: 'Begins with', of: ({ prefix }) => `${prefix}…` },
  shown: ({ secret }) => [['API key', secret]],
};

/** They sign in with a client id and a secret, as Airbyte's clients do. */
export const APPLICATIONS: ProgramKind<
  Wire<Application>,
  { readonly clientId: string; readonly clientSecret: string }
> = {
  noun: 'application',
  path: '/applications',
  title: 'Applications',
  label: 'Applications',
  newLabel: 'New application',
  empty: 'None yet. Airflow, Dagster, Terraform and Airbyte’s SDK ask for a client id and a client secret.',
  afterDelete: 'Its tokens are refused from now on.',
  mark: { name: 'Client id', of: ({ clientId }) => clientId },
  shown: ({ clientId, clientSecret }) => [
    ['Client id', clientId],
    ['Client secret', clientSecret],
  ],
};
