import jsonata from 'jsonata';
import { defineKind } from '#lib/manifest/kind.ts';
import type { RecordFilter } from '../families.ts';
import { evaluateJsonata, jsonataProblems, LIMITS } from './jsonata-limits.ts';

export const jsonataFilter = defineKind<RecordFilter>({
  name: 'JsonataFilter',
  family: 'record_filter',
  docs: 'Keeps the records for which a JSONata expression is true. An addition of Weir.',
  example: 'type: JsonataFilter\nexpression: status = "paid" and total > 0\n',
  fields: { expression: { docs: 'The condition; the record is its input.', required: true, types: ['string'] } },
  problems: jsonataProblems,
  create(filter) {
    // As JSONata itself reads a value as a condition: an empty text, a zero and nothing are false.
    const expression = jsonata(`$boolean(${String(filter.expression)})`, LIMITS);
    return { keeps: async (record) => (await evaluateJsonata(expression, record)) === true };
  },
});
