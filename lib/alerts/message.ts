import type { JsonObject } from '#lib/json.ts';

/** What people are told, before it takes the form of a channel. */
export interface Message {
  readonly state: 'failed' | 'warned' | 'recovered' | 'test';
  /** The whole story in one line: it is all that a phone shows. */
  readonly headline: string;
  /** What happened and what to do, one sentence or list entry each. */
  readonly lines: readonly string[];
  /** The page where to go on; null when nobody told us our address. */
  readonly link: { readonly text: string; readonly url: string } | null;
  /** `INC-212, critical, seen 1×`. */
  readonly footer: string;
}

// Slack's limits: 3,000 characters for a section, 40,000 for the text. A headline as long as that is nobody's.
const HEADLINE_LENGTH = 300;
const SECTION_LENGTH = 2_900;
const FOOTER_LENGTH = 500;
const BUTTON_LENGTH = 75;
const URL_LENGTH = 3_000;

const EMOJI: Readonly<Record<Message['state'], string>> = {
  failed: ':red_circle:',
  warned: ':large_yellow_circle:',
  recovered: ':large_green_circle:',
  test: ':large_blue_circle:',
};

/** As an incoming webhook of Slack takes it. `text` alone tells everything; the blocks repeat it with a button. */
export function toSlack({ state, headline, lines, link, footer }: Message): JsonObject {
  const first = cut(escaped(oneLine(headline)), HEADLINE_LENGTH);
  const body = cut(lines.map((line) => escaped(oneLine(line))).join('\n'), SECTION_LENGTH);
  const url = link && link.url.length <= URL_LENGTH ? link.url : null;
  const text = [first, body, url && `<${url}|${escaped(link?.text ?? '')}>`].filter(Boolean).join('\n');
  return {
    text,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      section(`${EMOJI[state]} *${first.replaceAll('*', '∗')}*`),
      ...(body ? [section(body)] : []),
      ...(url && link ? [button(link.text, url)] : []),
      ...(footer ? [{ type: 'context', elements: [mrkdwn(cut(escaped(footer), FOOTER_LENGTH))] }] : []),
    ],
  };
}

function section(text: string): JsonObject {
  return { type: 'section', text: mrkdwn(text) };
}

function mrkdwn(text: string): JsonObject {
  return { type: 'mrkdwn', text };
}

function button(text: string, url: string): JsonObject {
  const label = { type: 'plain_text', text: cut(text, BUTTON_LENGTH) };
  return { type: 'actions', elements: [{ type: 'button', text: label, url }] };
}

/** Slack reads `<!channel>` and `<url|text>` as commands; data must not give any. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Cuts between characters, and not inside an escape. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const short = text.slice(0, length - 1).replace(/&[a-z]{0,3}$/, '');
  return `${short.replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** `1h 47m`, `3d 2h`, `40s`. */
export function spanText(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  const [d, h, m] = [
    Math.floor(seconds / 86_400),
    Math.floor((seconds % 86_400) / 3600),
    Math.floor((seconds % 3600) / 60),
  ];
  if (d > 0) return h > 0 ? `${d}d ${h}h` : `${d}d`;
  if (h > 0) return m > 0 ? `${h}h ${m}m` : `${h}h`;
  return m > 0 ? `${m}m` : `${seconds}s`;
}
