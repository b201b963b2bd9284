import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { WeirError } from '#lib/errors.ts';
import { printed } from '#lib/manifest/template/interpolate.ts';
import type { Answer, PageToken } from '../families.ts';

/** The same page so many times in a row: then the API does not look at the page that it is asked for. */
const MOST_SAME = 10;
/** Of a longer token its hash is remembered: some are whole addresses, and a stream may have a hundred thousand. */
const LONG_TOKEN = 40;

/** Notices pages that lead nowhere: a token that came before, or the same answer again and again. */
export class PageProgress {
  readonly #tokens = new Set<string>();
  #last = '';
  #same = 0;

  constructor(first: PageToken | null) {
    if (first !== null) this.#tokens.add(brief(printed(first)));
  }

  /** Told of each page and of the token of the next. @throws WeirError `no_progress` */
  goOn({ raw, bytes }: Answer, rawCount: number, next: PageToken, where: object): void {
    const text = printed(next);
    const name = brief(text);
    if (this.#tokens.has(name))
      throw noProgress(`the token ${JSON.stringify(text.slice(0, 80))} came before`, 'Check the value and', where);
    this.#tokens.add(name);
    if (rawCount === 0) return;
    // Ten in a row are no chance, and this costs a tenth of a real hash.
    const page = `${bytes} ${crc32(raw)}`;
    this.#same = page === this.#last ? this.#same + 1 : 1;
    this.#last = page;
    if (this.#same >= MOST_SAME)
      throw noProgress(`the same page came ${MOST_SAME} times`, 'Check where the page goes in the request, and', where);
  }
}

function brief(token: string): string {
  return token.length > LONG_TOKEN ? hash('sha1', token, 'binary') : token;
}

function noProgress(what: string, hint: string, where: object): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'no_progress',
    message: `The pages go round in circles: ${what}.`,
    hint: `${hint} the stop condition of the pagination; some APIs repeat the last page for ever.`,
    where,
  });
}
