import { WeirError } from '#lib/errors.ts';
import { needed } from './inputs.ts';

const TIMEOUT_MS = 30_000;
const DECISIONS = ['release', 'discard', 'run-again'];

interface Options {
  /** `release 17` */
  readonly words: readonly string[];
  /** Where Weir runs. */
  readonly url: string;
  readonly key: string | undefined;
  readonly reason: string | undefined;
}

/** `loads`: decides of a held load through the API of a running Weir. */
export async function loadsCommand({ words: [decision = '', sync = ''], url, key, reason }: Options): Promise<number> {
  if (!DECISIONS.includes(decision) || !/^\d+$/.test(sync)) throw usage();
  const response = await fetch(`${url.replace(/\/+$/, '')}/api/weir/v1/syncs/${sync}/${decision}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${needed(key, '--key (or WEIR_API_KEY)')}`, 'content-type': 'application/json' },
    body: JSON.stringify(reason ? { reason } : {}),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json().catch(() => ({}))) as {
    error?: { message: string; hint?: string };
    syncId?: number;
  };
  if (!response.ok) {
    const { message = `Weir answered ${response.status}.`, hint = '' } = answer.error ?? {};
    process.stderr.write(`${[message, hint].filter(Boolean).join(' ')}\n`);
    return 1;
  }
  const said = {
    release: 'is being published',
    discard: 'is being discarded',
    'run-again': `is discarded; sync ${answer.syncId} has started`,
  }[decision];
  process.stdout.write(`The load of sync ${sync} ${said}.\n`);
  return 0;
}

function usage(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'usage',
    message: `weir loads takes ${DECISIONS.join(', ')} and the number of a sync.`,
    hint: 'Such as: weir loads release 17 --url http://localhost:8000 --key weir_…',
  });
}
