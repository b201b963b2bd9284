import { existsSync, readFileSync } from 'node:fs';
import type { Drafted } from '#lib/draft/draft.ts';
import { type DraftRequest, makeDraft } from '#lib/draft/make-draft.ts';
import { WeirError } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { createLog } from '#lib/log.ts';
import { commandGuard } from './command-guard.ts';
import { needed } from './inputs.ts';

interface Options {
  /** An address, a cURL command, or a file. */
  readonly what: string | undefined;
  /** Where it can't be told: url, curl, openapi or har. */
  readonly from: string | undefined;
  readonly token: string | undefined;
  /** Operations or calls that become streams; all that answer with lists when there are none. */
  readonly pick: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

const KINDS = ['url', 'curl', 'openapi', 'har'] as const;

/** `draft`: a manifest from what people have of an API, on stdout, with the evidence for each part as comments. */
export async function draftCommand({ what, from, token, pick = [], signal }: Options): Promise<number> {
  const request = requestOf(needed(what, 'What to start from (weir draft https://api.example.com/orders)'), from);
  const [clock, log] = [() => new Date(), createLog('weir', 'warn')];
  const http = createHttpClient({ guard: commandGuard(), clock, log });
  const make = (picked: readonly string[]) => makeDraft(http, { ...request, ...(token && { token }), picked }, signal);
  try {
    let result = await make(pick);
    if ('operations' in result) {
      const lists = result.operations.filter(({ isList }) => isList).map(({ id }) => id);
      for (const { id, summary, isList } of result.operations)
        process.stderr.write(`${isList ? '+' : ' '} ${id}${summary ? `  ${summary}` : ''}\n`);
      if (lists.length === 0) throw nothingPicked();
      result = await make(lists);
    }
    process.stdout.write(commented(result as Drafted));
    return 0;
  } finally {
    await http.close();
  }
}

function requestOf(what: string, from: string | undefined): DraftRequest {
  const isFile = existsSync(what);
  const text = isFile ? readFileSync(what, 'utf8') : what;
  const kind = from === undefined ? kindOf(text, isFile) : KINDS.find((known) => known === from);
  if (kind === undefined)
    throw new WeirError({ kind: 'config', code: 'usage', message: `--from takes: ${KINDS.join(', ')}.` });
  const isAddress = kind === 'url' || (kind === 'openapi' && !isFile);
  return { from: kind, ...(isAddress ? { url: text } : { text }) };
}

function kindOf(text: string, isFile: boolean): DraftRequest['from'] {
  if (/^\s*curl\s/.test(text)) return 'curl';
  if (!isFile) return /(openapi|swagger)[^/]*\.(json|ya?ml)$/i.test(text) ? 'openapi' : 'url';
  return /"log"\s*:\s*\{[\s\S]*"entries"\s*:/.test(text) ? 'har' : 'openapi';
}

/** Why the manifest is as it is stands above it. */
function commented({ manifest, findings, unread, lists, values }: Drafted): string {
  const lines = [
    ...findings.map(
      ({ stream, part, says, evidence }) => `${stream === null ? '' : `${stream}, `}${part}: ${says}. ${evidence}`,
    ),
    ...(unread ? [unread.says, ...(unread.words ? [`It says: ${unread.words}`] : []), unread.hint] : []),
    ...lists.map(({ name, url }) => `It names a list, ${name}: ${url}`),
    ...Object.keys(values).map((name) => `The setting ${name} was in the request; it stands in no manifest.`),
  ];
  return `${lines.map((line) => `# ${line.replaceAll('\n', ' ')}\n`).join('')}${manifest}`;
}

function nothingPicked(): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'nothing_picked', message: 'Nothing in it answers with a list of records.' },
    hint: 'Name what is to become a stream with --pick, as it stands in the list above.',
  });
}
