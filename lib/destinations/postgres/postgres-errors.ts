import { WeirError } from '#lib/errors.ts';
import { config, type Reading, transient } from './error-reading.ts';
import { poolerReading } from './pooler-errors.ts';

const BY_CODE: Readonly<Record<string, Reading>> = {
  '28P01': config(
    'wrong_password',
    'Postgres refused the user name or password: $',
    'Check username and password of the destination.',
  ),
  '28000': config(
    'login_refused',
    'Postgres refused the login: $',
    'Check the user, the SSL mode and the server’s pg_hba.conf.',
  ),
  '3D000': config(
    'missing_database',
    'The database does not exist: $',
    'Create it, or correct the name of the database.',
  ),
  '42501': config(
    'missing_rights',
    'The user lacks a right: $',
    'Weir needs CREATE on the database (for its schema _weir and for new schemas), or those schemas owned by this user, and ownership of the tables that it loads.',
  ),
  '53100': transient(
    'disk_full',
    'The destination’s disk is full: $',
    'Make room on the server; what was loaded stays, and the next sync goes on from there.',
  ),
  '53200': transient(
    'out_of_memory',
    'The destination is out of memory: $',
    'Give the server more memory; the next sync goes on from the last checkpoint.',
  ),
  '53300': transient(
    'too_many_connections',
    'The destination takes no more connections: $',
    'Raise max_connections, or the connection limit of the user or the database (a sync takes four), or use a pooler.',
  ),
  '25006': config(
    'read_only',
    'The destination takes no writes: $',
    'Connect to the primary server; a standby or a read-only database can’t be loaded.',
  ),
  '22P05': config(
    'encoding',
    'The database can’t hold a character: $',
    'Load into a database whose encoding is UTF8, or give streams and fields names that this one can hold.',
  ),
  '25P03': transient(
    'session_ended',
    'The server ended a session that stood still in a transaction: $',
    'The sync goes on from the last checkpoint.',
  ),
  '40001': transient(
    'serialization_failure',
    'Another transaction was in the way: $',
    'It may be gone at the next try.',
  ),
  '40P01': transient('deadlock', 'Another transaction was in the way: $', 'It may be gone at the next try.'),
  '55P03': transient(
    'lock_timeout',
    'The table stayed locked by another session: $',
    'End long transactions on the table, or load at another time.',
  ),
  '57014': transient('statement_timeout', 'The server ended a statement: $', 'Raise statement_timeout for this user.'),
  '2BP01': config(
    'objects_depend',
    'Other objects depend on what has to change: $',
    'Drop or change them, and sync again.',
  ),
  '42710': config(
    'name_taken',
    'Something else in the database has that name: $',
    'Choose another schema or a table prefix in the connection, or rename what is there.',
  ),
  '42P01': transient('table_missing', 'A table was dropped during the sync: $', 'The next sync builds it anew.'),
};

/** Codes that say little: by what the server says. */
const BY_MESSAGE: readonly (readonly [RegExp, Reading])[] = [
  [
    /cannot alter type of a column/,
    config(
      'column_in_use',
      'A column can’t take a wider type while it is in use: $',
      'Drop what uses the column, sync, and create it again.',
    ),
  ],
  [
    /table that has INSERT or UPDATE rules/,
    config(
      'table_has_rules',
      'The table has a rule, and rules do not go with a merge by key: $',
      'Make a trigger of the rule, or load the stream without dedup.',
    ),
  ],
  [
    /replica identity/,
    config(
      'table_published',
      'A publication sends the table’s changes on, and has nothing to tell its rows by: $',
      'Run alter table … replica identity full for that table, or take it out of the publication.',
    ),
  ],
  [
    /partitioned table must include/,
    config(
      'table_partitioned',
      'The table was partitioned by columns that are not in the stream’s key: $',
      'Partition by columns of the key, or load the stream without dedup.',
    ),
  ],
];

const BY_CLASS: Readonly<Record<string, Reading>> = {
  '08': transient(
    'connection_lost',
    'The connection to the destination was lost: $',
    'The sync goes on from the last checkpoint.',
  ),
  '53': transient(
    'out_of_resources',
    'The destination is out of something that it limits: $',
    'Raise the limit that it names; the next sync goes on from the last checkpoint.',
  ),
  '57': transient(
    'server_shut_down',
    'The destination is shutting down or starting up: $',
    'The sync goes on from the last checkpoint.',
  ),
  '54': config(
    'database_limit',
    'Postgres can’t hold that: $',
    'Load fewer fields of this stream (some 400 texts fit into a row), or load it in the layout “raw”.',
  ),
  '23': config(
    'constraint_violated',
    'A constraint of the table refuses a row: $',
    'Drop the constraint, or filter the row in the source.',
  ),
};

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** How OpenSSL says that no CA it was given vouches for a certificate. */
const NOT_SIGNED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);
const LOST =
  /Connection terminated|ECONNRESET|EPIPE|Client has encountered a connection error|timeout exceeded when trying to connect/;

interface Refused {
  readonly code?: string;
  readonly message: string;
  readonly table?: string;
  readonly detail?: string;
  readonly where?: string;
}

function readingOf(message: string): Reading | undefined {
  return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
}

/** What pg threw, as an error that says what to do. */
export function readPostgresError(error: unknown, doing: string): WeirError {
  if (error instanceof WeirError) return error;
  const { code = '', message, table, detail, where } = error as Refused;
  const reading =
    poolerReading(code, message) ??
    readingOf(message) ??
    BY_CODE[code] ??
    BY_CLASS[code.slice(0, 2)] ??
    readUnnamed(code, message);
  // What depends on a column is named in the detail alone.
  const inDetail = reading.code === 'column_in_use' && detail ? ` (${detail})` : '';
  // In a function of somebody's, such as a trigger's: otherwise nobody would look for it there.
  const more = where?.startsWith('PL/pgSQL function') ? `${inDetail} (in ${where.split('\n', 1)[0]})` : inDetail;
  const said = `${message.replace(/\.$/, '')}${table ? ` (table ${table})` : ''}${more}`;
  const text = reading.message.replace('$', () => said).replace(/\.$/, '');
  return new WeirError({ ...reading, message: `${text} (${doing}).`, cause: error });
}

/** Did the connection end, so that nobody knows whether the last statement counted? */
export function isConnectionLost(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return code.startsWith('08') || code.startsWith('57P') || LOST.test(`${code} ${message}`);
}

export function postgresCode(error: unknown): string {
  return (error as { code?: string }).code ?? '';
}

function readUnnamed(code: string, message: string): Reading {
  if (UNREACHABLE.has(code) || /timeout expired/.test(message)) {
    return transient(
      'destination_unreachable',
      'The destination can’t be reached: $',
      'Check host and port, and whether the server is running and lets this machine in.',
    );
  }
  if (/client password must be a string/.test(message)) {
    return config(
      'password_missing',
      'The server asks for a password, and the destination has none.',
      'Enter the password of the user.',
    );
  }
  if (/does not support SSL/.test(message)) {
    return config(
      'tls_unsupported',
      'The server does not speak TLS: $',
      'Choose the SSL mode “disable” or “prefer”, or switch TLS on at the server.',
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return config(
      'tls_wrong_host',
      'The server’s certificate is for another host: $',
      'Enter the host as the certificate names it, or choose the SSL mode “verify-ca”.',
    );
  }
  if (NOT_SIGNED.has(code)) {
    return config(
      'tls_wrong_ca',
      'The server’s certificate is not signed by the CA that was given: $',
      'Enter the certificate of the CA that signed it, or choose an SSL mode that does not check it.',
    );
  }
  if (/certificate|self.signed|altname|SSL|TLS/i.test(message)) {
    return config(
      'tls',
      'The server’s certificate was refused: $',
      'Give the CA certificate, or choose another SSL mode.',
    );
  }
  if (LOST.test(`${code} ${message}`)) return BY_CLASS['08'] as Reading;
  if (code === '') return { kind: 'bug', code: 'unexpected', message: '$', hint: 'Please report this.' };
  return { kind: 'terminal', code: 'postgres', message: 'Postgres refused: $', hint: 'See the server’s log.' };
}
