import { X509Certificate } from 'node:crypto';
import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { direct } from './layouts/direct.ts';
import { type Layout, layouts } from './layouts/index.ts';

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface PostgresConfig {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: string;
  readonly username: string;
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  readonly caCertificate: string | undefined;
  readonly layout: Layout;
}

const SSL_TITLES: Readonly<Record<SslMode, string>> = {
  disable: 'Never use TLS',
  allow: 'Use TLS only if the server asks for it',
  prefer: 'Use TLS if the server has it',
  require: 'Always use TLS; the certificate is not checked',
  'verify-ca': 'Always use TLS and check the certificate against a CA',
  'verify-full': 'Always use TLS and check the certificate and the host name',
};

/** As Airbyte's destination-postgres asks for it, so that its configs fit. */
export const postgresSpec: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Postgres',
  type: 'object',
  required: ['host', 'port', 'username', 'database', 'schema'],
  additionalProperties: true,
  properties: {
    host: {
      title: 'Host',
      description: 'Name or address of the server.',
      type: 'string',
      minLength: 1,
      pattern: '^[^/@]+$',
      pattern_descriptor: 'the name or address alone, without postgres://, user, port and database',
      order: 0,
    },
    port: { title: 'Port', type: 'integer', minimum: 1, maximum: 65536, default: 5432, examples: ['5432'], order: 1 },
    database: { title: 'Database', type: 'string', minLength: 1, order: 2 },
    schema: {
      title: 'Default schema',
      description: 'Where tables go when the connection names no other place. Created if missing.',
      type: 'string',
      default: 'public',
      examples: ['public'],
      order: 3,
    },
    username: { title: 'User', type: 'string', minLength: 1, order: 4 },
    password: { title: 'Password', type: 'string', airbyte_secret: true, order: 5 },
    layout: {
      title: 'Layout',
      description:
        'Typed tables; or, as Airbyte’s basic normalization, a raw table and flat tables with child tables for arrays of objects; or raw tables only.',
      type: 'string',
      enum: layouts.map(({ name }) => name),
      enumNames: layouts.map(({ title }) => title),
      default: 'direct',
      order: 7,
    },
    // Airbyte's clients send it; a tunnel that is not opened must not keep its secrets either.
    tunnel_method: {
      title: 'SSH tunnel',
      type: 'object',
      airbyte_hidden: true,
      properties: { tunnel_method: { type: 'string', const: 'NO_TUNNEL' } },
      additionalProperties: false,
      order: 8,
    },
    ssl_mode: {
      title: 'SSL mode',
      type: 'object',
      order: 6,
      default: { mode: 'prefer' },
      oneOf: SSL_MODES.map((mode) => ({
        title: mode,
        description: SSL_TITLES[mode],
        required: mode === 'verify-ca' || mode === 'verify-full' ? ['mode', 'ca_certificate'] : ['mode'],
        properties: {
          mode: { type: 'string', const: mode, default: mode, order: 0 },
          ...(mode.startsWith('verify') && {
            ca_certificate: {
              type: 'string',
              title: 'CA certificate',
              multiline: true,
              airbyte_secret: true,
              order: 1,
            },
          }),
        },
      })),
    },
  },
};

/** Throws `bad_config` with every problem at once. */
export function readPostgresConfig(config: JsonObject): PostgresConfig {
  const issues: Issue[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = config[name] ?? fallback;
    if (typeof value === 'string' && value !== '') return value;
    issues.push({ path: name, message: `${name} is missing.` });
    return '';
  };
  const ssl = isJsonObject(config.ssl_mode) ? config.ssl_mode : { mode: config.ssl_mode ?? 'prefer' };
  const sslMode = SSL_MODES.find((mode) => mode === ssl.mode);
  if (sslMode === undefined) issues.push({ path: 'ssl_mode', message: `ssl_mode is none of ${SSL_MODES.join(', ')}.` });
  const port = Number(config.port ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    issues.push({ path: 'port', message: 'port is no port number.' });
  const layout = layoutOf(config);
  if (layout === undefined)
    issues.push({ path: 'layout', message: `layout is none of ${layouts.map(({ name }) => name).join(', ')}.` });
  const caCertificate = typeof ssl.ca_certificate === 'string' ? ssl.ca_certificate : undefined;
  if (caCertificate !== undefined && sslMode?.startsWith('verify') && !isCertificate(caCertificate))
    issues.push({ path: 'ssl_mode.ca_certificate', message: 'The CA certificate is no certificate in PEM.' });
  const read: PostgresConfig = {
    host: text('host'),
    port,
    database: text('database'),
    schema: text('schema', 'public'),
    username: text('username'),
    password: typeof config.password === 'string' ? config.password : undefined,
    sslMode: sslMode ?? 'prefer',
    layout: layout ?? direct,
    caCertificate,
  };
  if (issues.length === 0) return read;
  throw new WeirError({
    kind: 'config',
    code: 'bad_config',
    message: `The Postgres destination can’t be used: ${issues.map((issue) => issue.message).join(' ')}`,
    hint: 'Correct the destination’s settings.',
    issues,
  });
}

/** Undefined for one that there is not. */
export function layoutOf(config: JsonObject): Layout | undefined {
  // Airbyte's own configs ask for raw tables by this name.
  const wanted = config.layout ?? (config.disable_type_dedupe === true ? 'raw' : 'direct');
  return layouts.find(({ name }) => name === wanted);
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}
