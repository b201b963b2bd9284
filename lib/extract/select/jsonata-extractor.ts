import jsonata from 'jsonata';
import type { JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Extractor } from '../families.ts';
import { evaluateJsonata, jsonataProblems, LIMITS } from './jsonata-limits.ts';

export const jsonataExtractor = defineKind<Extractor>({
  name: 'JsonataExtractor',
  family: 'extractor',
  docs: 'Finds or builds the records with a JSONata expression over the body. An addition of Weir.',
  example: 'type: JsonataExtractor\nexpression: data.orders[status = "paid"]\n',
  fields: {
    expression: {
      docs: 'The expression; what it gives is a record or a list of them.',
      required: true,
      types: ['string'],
    },
  },
  problems: jsonataProblems,
  create(extractor) {
    const expression = jsonata(String(extractor.expression), LIMITS);
    return {
      path: String(extractor.expression),
      async extract(body) {
        const found = (await evaluateJsonata(expression, body)) as JsonValue | undefined;
        return Array.isArray(found) ? [...found] : found === undefined || found === null ? [] : [found];
      },
    };
  },
});
