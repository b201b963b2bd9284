/** A message as it was posted to an incoming webhook. */
export interface SlackMessage {
  readonly text?: string;
  readonly blocks?: readonly SlackBlock[];
  readonly attachments?: readonly { readonly blocks?: readonly SlackBlock[]; readonly [key: string]: unknown }[];
  readonly [key: string]: unknown;
}
export interface SlackBlock {
  readonly type: string;
  readonly [key: string]: unknown;
}

// From Slack's reference of blocks and of incoming webhooks.
const MAX_TEXT = 40_000;
const MAX_BLOCKS = 50;
const MAX_ATTACHMENTS = 100;
const MAX_SECTION_TEXT = 3_000;
const MAX_FIELDS = 10;
const MAX_FIELD_TEXT = 2_000;
const MAX_HEADER_TEXT = 150;
const MAX_CONTEXT_ELEMENTS = 10;
const MAX_ACTION_ELEMENTS = 25;
const MAX_BUTTON_TEXT = 75;
const MAX_BUTTON_URL = 3_000;
const MAX_BUTTON_VALUE = 2_000;
const MAX_BLOCK_ID = 255;

/** Slack's word for what is wrong with a message, or null. */
export function messageError({ text, blocks = [], attachments = [] }: SlackMessage): string | null {
  const isEmpty = (text ?? '').trim() === '' && blocks.length === 0 && attachments.length === 0;
  if (isEmpty) return 'no_text';
  if (typeof (text ?? '') !== 'string' || (text ?? '').length > MAX_TEXT) return 'msg_too_long';
  if (attachments.length > MAX_ATTACHMENTS) return 'too_many_attachments';
  const lists = [blocks, ...attachments.map((attachment) => attachment.blocks ?? [])];
  return lists.every(areBlocks) ? null : 'invalid_blocks';
}

function areBlocks(blocks: readonly SlackBlock[]): boolean {
  return Array.isArray(blocks) && blocks.length <= MAX_BLOCKS && blocks.every(isBlock);
}

function isBlock(block: SlackBlock): boolean {
  const id = block?.block_id;
  if (id !== undefined && (typeof id !== 'string' || id.length > MAX_BLOCK_ID)) return false;
  return BLOCKS[block?.type]?.(block) ?? false;
}

const BLOCKS: Readonly<Record<string, (block: SlackBlock) => boolean>> = {
  divider: () => true,
  header: ({ text }) => isText(text, MAX_HEADER_TEXT, ['plain_text']),
  section: ({ text, fields, accessory }) =>
    (text !== undefined || fields !== undefined) &&
    (text === undefined || isText(text, MAX_SECTION_TEXT)) &&
    (fields === undefined || isList(fields, MAX_FIELDS, (field) => isText(field, MAX_FIELD_TEXT))) &&
    (accessory === undefined || isElement(accessory)),
  context: ({ elements }) =>
    isList(elements, MAX_CONTEXT_ELEMENTS, (element) => isText(element, MAX_SECTION_TEXT) || isImage(element)),
  actions: ({ elements }) =>
    isList(elements, MAX_ACTION_ELEMENTS, isElement) && areNamedApart(elements as SlackBlock[]),
  image: isImage,
};

/** No two of a block have one id. */
function areNamedApart(elements: readonly SlackBlock[]): boolean {
  const ids = elements.flatMap(({ action_id }) => action_id ?? []);
  return new Set(ids).size === ids.length;
}

function isText(value: unknown, max: number, types = ['mrkdwn', 'plain_text']): boolean {
  const { type, text } = (value ?? {}) as { type?: string; text?: unknown };
  return types.includes(type ?? '') && typeof text === 'string' && text.length >= 1 && text.length <= max;
}

function isElement(value: unknown): boolean {
  const { type, text, url, value: payload } = (value ?? {}) as Record<string, unknown>;
  if (type === 'image') return isImage(value);
  return (
    type === 'button' &&
    isText(text, MAX_BUTTON_TEXT, ['plain_text']) &&
    (url === undefined || (typeof url === 'string' && url.length <= MAX_BUTTON_URL && URL.canParse(url))) &&
    (payload === undefined || (typeof payload === 'string' && payload.length <= MAX_BUTTON_VALUE))
  );
}

function isImage(value: unknown): boolean {
  const { type, image_url, alt_text } = (value ?? {}) as Record<string, unknown>;
  return type === 'image' && typeof image_url === 'string' && URL.canParse(image_url) && typeof alt_text === 'string';
}

function isList(value: unknown, max: number, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length >= 1 && value.length <= max && value.every(isItem);
}
