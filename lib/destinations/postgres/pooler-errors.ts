import { config, type Reading, transient } from './error-reading.ts';

/** By what poolers say: PgBouncer gives all of its own errors one code, that of a connection which breaks the protocol. */
const SAID: readonly (readonly [RegExp, Reading])[] = [
  [
    /authentication failed|auth failed|no such user/i,
    config(
      'wrong_password',
      'The pooler refused the user name or password: $',
      'Check username and password of the destination, and the pooler’s list of users.',
    ),
  ],
  [
    /no such database|database .* does not exist/,
    config(
      'missing_database',
      'The database does not exist: $',
      'Correct the name of the database, or add it to the pooler’s list.',
    ),
  ],
  [
    /statement pooling mode/,
    config(
      'statement_pooling',
      'The pooler gives single statements away, and nothing can be published without a transaction: $',
      'Set pool_mode to transaction or session for this database, or connect to the server itself.',
    ),
  ],
  [
    /unsupported startup parameter/,
    config(
      'pooler_parameter',
      'The pooler refuses a setting that this machine’s PGOPTIONS names: $',
      'Take PGOPTIONS out of Weir’s environment, or add the parameter to ignore_startup_parameters of the pooler.',
    ),
  ],
  [
    /no more connections allowed|client connections exceeded/,
    transient(
      'too_many_connections',
      'The pooler takes no more connections: $',
      'Raise its max_client_conn, or let fewer syncs run at once.',
    ),
  ],
  [
    /query_wait_timeout/,
    transient(
      'too_many_connections',
      'The pooler had no session free in time: $',
      'Raise its default_pool_size, or let fewer syncs run at once; the sync goes on from the last checkpoint.',
    ),
  ],
  [
    /server_login_retry|server login (?:has been )?fail|connect failed/,
    transient(
      'destination_unreachable',
      'The pooler can’t reach the server: $',
      'Check whether the server is running and lets the pooler in; the pooler’s log says more.',
    ),
  ],
  [
    /idle.transaction.timeout/,
    transient(
      'session_ended',
      'The pooler ended a session that stood still in a transaction: $',
      'The sync goes on from the last checkpoint.',
    ),
  ],
  [
    /query_timeout|query timeout/,
    transient('statement_timeout', 'The pooler ended a statement: $', 'Raise its query_timeout for this user.'),
  ],
];

/** What a pooler said by itself, if that is known. */
export function poolerReading(code: string, message: string): Reading | undefined {
  return code === '08P01' ? SAID.find(([pattern]) => pattern.test(message))?.[1] : undefined;
}
