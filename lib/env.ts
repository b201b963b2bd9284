import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Proxies, readProxies } from './outbound-proxy.ts';

/** What the environment says, read once at start; README.md documents every name. */
export interface Env {
  readonly port: number;
  readonly host: string;
  /** Where workers reach what the web server serves below `/demo`; null for this machine. */
  readonly demoUrl: string | null;
  /** A second port that answers the API alone; null for none. */
  readonly apiPort: number | null;
  /** False lets programs on this machine use Airbyte's API without credentials. */
  readonly apiAuth: boolean;
  /** Whether programs on this machine read `/api/metrics` without credentials. */
  readonly localMetrics: boolean;
  readonly dataDir: string;
  /** The service's own database; null means the embedded one. */
  readonly databaseUrl: string | null;
  /** How people reach us, for links in alerts; null means as the request says. */
  readonly publicUrl: string | null;
  /** Whether `X-Forwarded-*` headers come from a proxy of ours. */
  readonly trustProxy: boolean;
  /** At least 32 characters; null means the key file in the data folder. */
  readonly secretKey: string | null;
  /** What secrets were sealed with before, and may still be; null for none. */
  readonly previousSecretKey: string | null;
  /** Variables that configs may refer to as `${env:NAME}`: names, or beginnings that end in `*`. */
  readonly envReferences: readonly string[];
  readonly oidc: OidcSettings | null;
  /** Through which requests leave; null for straight ways. */
  readonly proxies: Proxies | null;
  readonly logLevel: string;
  /** Renewed by a worker while it reaches its database, for probes; null for none. */
  readonly aliveFile: string | null;
  /** Syncs and test reads that run at once in one worker. */
  readonly concurrency: number;
  readonly syncMemoryMb: number;
  /** What a connection may ask for in its place. */
  readonly mostSyncMemoryMb: number;
  /** CPU of one sync; null for as much as there is. */
  readonly syncCpuCores: number | null;
  /** What a connection may ask for in its place; null for any. */
  readonly mostSyncCpuCores: number | null;
  readonly syncTimeoutMinutes: number;
  /** With less than this left on the data folder's disk, no sync begins or goes on. */
  readonly diskFloorMb: number;
  /** Pages of one slice; an API that never ends is stopped there. */
  readonly mostPages: number;
  /** Folders that file sources may read. */
  readonly fileRoots: readonly string[];
  /** Where streams that download files put them; null refuses such streams. */
  readonly filesDir: string | null;
  /** Modules that stand for Python classes of manifests; null for none. */
  readonly componentsDir: string | null;
  /** The list of commands that may run after a sync; null for none. */
  readonly commandsFile: string | null;
}

/** An OpenID Connect provider that people sign in by. */
export interface OidcSettings {
  /** Without a slash at the end. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As the button names it. */
  readonly name: string;
  /** Who may come in without an account: people that were invited, or everybody, with this role in the first workspace. */
  readonly join: 'invited' | 'viewer' | 'editor';
  /** Counts addresses as verified where the provider does not say. */
  readonly trustEmail: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads and checks all settings at once. `problems` are sentences that name the variable and what it takes. */
export function readEnv(variables: Variables, projectDir: string): { env: Env; problems: string[] } {
  const read = reader(variables, projectDir);
  const env = {
    ...doors(read),
    ...keys(read),
    ...limits(read),
    ...folders(read),
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    envReferences: references(read),
    oidc: oidc(read),
    proxies: proxies(read),
    logLevel: read.word('WEIR_LOG_LEVEL', ['info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent']),
  };
  if (!env.apiAuth && (env.trustProxy || env.publicUrl !== null))
    read.problems.push(
      'WEIR_API_AUTH=off goes without WEIR_URL and WEIR_TRUST_PROXY: behind a proxy, everybody is this machine.',
    );
  return { env, problems: read.problems };
}

type Reader = ReturnType<typeof reader>;

/** One variable in each form that one can have: what it can't be taken for is said in `problems`. */
function reader(variables: Variables, projectDir: string) {
  const problems: string[] = [];
  const text = (name: string) => variables[name]?.trim() || null;
  const inProject = (file: string) => path.resolve(projectDir, file);
  return {
    ...{ problems, text, inProject },
    whole(name: string, otherwise: number, least: number, most: number): number {
      const value = Number(text(name) ?? otherwise);
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      problems.push(`${name} is "${text(name)}": it takes a whole number from ${least} to ${most}.`);
      return otherwise;
    },
    cores(name: string): number | null {
      if (text(name) === null) return null;
      const value = Number(text(name));
      if (value >= LEAST_CORES && value <= MOST_CORES) return value;
      problems.push(`${name} is "${text(name)}": it takes cores, from ${LEAST_CORES} to ${MOST_CORES}, such as 0.5.`);
      return null;
    },
    url(name: string, protocols: string[]): string | null {
      const value = text(name);
      if (value === null || (URL.canParse(value) && protocols.includes(new URL(value).protocol))) return value;
      problems.push(
        `${name} is no address that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`,
      );
      return null;
    },
    /** The first of the words is what it is if nothing is said. */
    word<T extends string>(name: string, words: readonly [T, ...T[]]): T {
      const value = text(name) ?? words[0];
      const found = words.find((word) => word === value);
      if (found === undefined) problems.push(`${name} is "${value}": it takes ${oneOf(words)}.`);
      return found ?? words[0];
    },
    isOn: (name: string) => text(name) === '1' || text(name) === 'true',
    file: (name: string) => text(name) && inProject(text(name) ?? ''),
  };
}

/** Where the service listens, and whom it lets in without asking. */
function doors({ problems, text, whole, url, word, isOn }: Reader) {
  const host = text('HOST') ?? '127.0.0.1';
  const apiAuth = word('WEIR_API_AUTH', ['on', 'off']) === 'on';
  if (!apiAuth && !LOOPBACK_HOSTS.includes(host))
    problems.push(`WEIR_API_AUTH=off needs HOST to be 127.0.0.1, ::1 or localhost, and it is ${host}.`);
  const port = whole('PORT', 8000, 1, 65_535);
  const apiPort = text('WEIR_API_PORT') === null ? null : whole('WEIR_API_PORT', 8001, 1, 65_535);
  if (apiPort === port) problems.push('WEIR_API_PORT and PORT are the same: WEIR_API_PORT takes another one.');
  return {
    ...{ host, port, apiPort, apiAuth },
    localMetrics: word('WEIR_METRICS', ['key', 'local']) === 'local',
    demoUrl: url('WEIR_DEMO_URL', ['http:'])?.replace(/\/+$/, '') ?? null,
    publicUrl: url('WEIR_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null,
    trustProxy: isOn('WEIR_TRUST_PROXY'),
  };
}

function keys(read: Reader) {
  const secretKey = secretKeyOf('WEIR_SECRET_KEY', read);
  const previousSecretKey = secretKeyOf('WEIR_SECRET_KEY_PREVIOUS', read);
  if (previousSecretKey !== null && secretKey === null)
    read.problems.push('WEIR_SECRET_KEY_PREVIOUS goes with WEIR_SECRET_KEY, which is not set.');
  return { secretKey, previousSecretKey };
}

/** What syncs may take of the machine. */
function limits({ whole, cores }: Reader) {
  const syncMemoryMb = whole('WEIR_SYNC_MEMORY_MB', 512, 128, 65_536);
  const syncCpuCores = cores('WEIR_SYNC_CPU');
  const mostSyncCpuCores = cores('WEIR_SYNC_CPU_MOST') ?? syncCpuCores;
  return {
    concurrency: whole('WEIR_CONCURRENCY', 4, 1, 64),
    syncMemoryMb,
    mostSyncMemoryMb: Math.max(syncMemoryMb, whole('WEIR_SYNC_MEMORY_MOST_MB', syncMemoryMb, 128, 65_536)),
    syncCpuCores,
    mostSyncCpuCores: mostSyncCpuCores && Math.max(syncCpuCores ?? 0, mostSyncCpuCores),
    syncTimeoutMinutes: whole('WEIR_SYNC_TIMEOUT_MINUTES', 24 * 60, 1, 7 * 24 * 60),
    diskFloorMb: whole('WEIR_DISK_FLOOR_MB', 256, 0, 1_000_000_000),
    mostPages: whole('WEIR_MOST_PAGES', 100_000, 1, 100_000_000),
  };
}

function folders({ text, inProject, file }: Reader) {
  return {
    dataDir: inProject(text('WEIR_DATA_DIR') ?? '.weir'),
    fileRoots: (text('WEIR_FILE_ROOTS') ?? '').split(path.delimiter).filter(Boolean),
    filesDir: file('WEIR_FILES_DIR'),
    componentsDir: file('WEIR_COMPONENTS_DIR'),
    commandsFile: file('WEIR_COMMANDS_FILE'),
    aliveFile: file('WEIR_ALIVE_FILE'),
  };
}

/** From the variable, or from the file that one names: orchestrators hand secrets over as files. */
function secretKeyOf(variable: string, { text, inProject, problems }: Reader): string | null {
  const [value, file] = [text(variable), text(`${variable}_FILE`)];
  if (value !== null && file !== null) problems.push(`${variable} and ${variable}_FILE are both set: keep one.`);
  const name = value === null && file !== null ? `${variable}_FILE` : variable;
  const key = value ?? (file && readKeyFile(inProject(file)));
  if (key === undefined) problems.push(`${variable}_FILE names ${file}, which can't be read.`);
  else if (key !== null && key.length < 32) problems.push(`${name} is too short: it takes at least 32 characters.`);
  return key ?? null;
}

function oidc({ text, url, word, isOn, problems }: Reader): OidcSettings | null {
  const names = ['WEIR_OIDC_ISSUER', 'WEIR_OIDC_CLIENT_ID', 'WEIR_OIDC_CLIENT_SECRET'];
  const missing = names.filter((name) => text(name) === null);
  if (missing.length === names.length) return null;
  for (const name of missing) problems.push(`${name} is not set: signing in by a provider needs ${names.join(', ')}.`);
  const issuer = url('WEIR_OIDC_ISSUER', ['https:', 'http:'])?.replace(/\/+$/, '') ?? '';
  if (issuer.startsWith('http:') && !LOOPBACK_HOSTS.includes(new URL(issuer).hostname))
    problems.push('WEIR_OIDC_ISSUER starts with http:// and takes https://, but for a provider on this machine.');
  const [, clientId, clientSecret] = names.map((name) => text(name) ?? '');
  return {
    ...{ issuer, clientId: clientId ?? '', clientSecret: clientSecret ?? '' },
    join: word('WEIR_OIDC_JOIN', ['invited', 'viewer', 'editor']),
    name: text('WEIR_OIDC_NAME') ?? 'single sign-on',
    trustEmail: isOn('WEIR_OIDC_TRUST_EMAIL'),
  };
}

/** In capitals or not, as other programs take them: in capitals goes first. */
function proxies({ text, problems }: Reader): Proxies | null {
  const either = (name: string) => text(name) ?? text(name.toLowerCase());
  const read = readProxies({
    http: either('HTTP_PROXY'),
    https: either('HTTPS_PROXY'),
    exceptions: either('NO_PROXY'),
  });
  problems.push(...read.problems);
  return read.proxies;
}

function references({ text, problems }: Reader): string[] {
  const entries = (text('WEIR_ENV_REFERENCES') ?? '').split(',').flatMap((entry) => entry.trim() || []);
  for (const entry of entries.filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)))
    problems.push(`WEIR_ENV_REFERENCES has "${entry}": it takes names, or beginnings of names such as SHOP_*.`);
  return entries;
}

function readKeyFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** `a or b`; `a, b or c`. */
function oneOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

const LEAST_CORES = 0.1;
const MOST_CORES = 64;
const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];
