import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Answer, Decoder } from '../families.ts';
import { jsonBody } from '../request/answer.ts';
import { answerWithText, textOf } from './text.ts';

export const jsonItemsDecoder = defineKind<Decoder>({
  name: 'JsonItemsDecoder',
  family: 'decoder',
  docs: 'The body is one JSON document; the records are the items of a list in it.',
  example: 'type: JsonItemsDecoder\nitems_path: data.users\n',
  fields: {
    items_path: {
      docs: 'Path of the list, with dots; `item` stands for every item of a list on the way.',
      required: true,
      types: ['string'],
    },
    encoding: { docs: 'utf-8 when absent.', types: ['string'] },
  },
  problems: ({ items_path: path }) =>
    path === '' ? [{ field: 'items_path', message: 'items_path names a list, such as data.users.' }] : [],
  create(decoder) {
    const path = String(decoder.items_path).split('.');
    const { encoding } = decoder;
    return {
      decode(answer, place) {
        const read: Answer =
          encoding === undefined ? answer : answerWithText(answer, textOf(answer.raw, String(encoding)));
        return lists(jsonBody(read, place), path).flat();
      },
    };
  },
});

/** The lists at the path; what is no list has no items. */
function lists(value: JsonValue, [key, ...rest]: readonly string[]): JsonValue[][] {
  if (key === undefined) return Array.isArray(value) ? [value] : [];
  if (Array.isArray(value)) return key === 'item' ? value.flatMap((item) => lists(item, rest)) : [];
  const inner = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return inner === undefined ? [] : lists(inner, rest);
}
