import { WeirError } from '#lib/errors.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Decoder } from '../families.ts';
import { parseXml } from './parse-xml.ts';
import { textOf } from './text.ts';

export const xmlDecoder = defineKind<Decoder>({
  name: 'XmlDecoder',
  family: 'decoder',
  docs: 'The body is XML: elements become keys, attributes keys with @, text beside them #text; repeated elements make a list.',
  example: 'type: XmlDecoder\n',
  fields: {},
  create: () => ({
    isDocument: true,
    decode({ raw }, place) {
      const [, encoding = 'utf-8'] =
        /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(Buffer.from(raw.subarray(0, 200)).toString('latin1')) ??
        [];
      const text = textOf(raw, encoding);
      try {
        return [parseXml(text)];
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw new WeirError({
          kind: 'transient',
          code: 'bad_xml',
          message: `The answer is no XML: ${cause.message}; it begins: ${text.slice(0, 200).replaceAll(/\s+/g, ' ')}`,
          hint: 'If the API always answers so, choose another decoder; otherwise its server or a proxy failed.',
          where: place,
          cause,
        });
      }
    },
  }),
});
