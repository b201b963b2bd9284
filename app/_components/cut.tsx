import { cutMiddle } from './format.ts';

/** A name in a table: its two ends, which tell it apart; all of it is in the title. */
export function Cut({ text, length = 40 }: { text: string; length?: number }) {
  return text.length > length ? <span title={text}>{cutMiddle(text, length)}</span> : text;
}
