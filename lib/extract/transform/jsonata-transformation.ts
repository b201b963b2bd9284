import jsonata from 'jsonata';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';
import { evaluateJsonata, jsonataProblems, LIMITS } from '../select/jsonata-limits.ts';

export const jsonataTransformation = defineKind<Transformation>({
  name: 'JsonataTransformation',
  family: 'transformation',
  docs: 'Makes each record anew with a JSONata expression. An addition of Weir.',
  example: 'type: JsonataTransformation\nexpression: \'$merge([$, { "total": $sum(items.price) }])\'\n',
  fields: { expression: { docs: 'The expression; what it gives is the record.', required: true, types: ['string'] } },
  problems: jsonataProblems,
  create(transformation) {
    const expression = jsonata(String(transformation.expression), LIMITS);
    return {
      async transform(record) {
        const made = await evaluateJsonata(expression, record);
        if (isJsonObject(made)) return { ...made } as JsonObject;
        throw new WeirError({
          kind: 'config',
          code: 'expression_failed',
          message: 'The JSONata expression did not give an object.',
          hint: 'A record must be an object: wrap the result in { … }.',
        });
      },
    };
  },
});
