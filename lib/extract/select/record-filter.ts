import { defineKind, SLICE, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import type { RecordFilter } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { sliceVariables } from '../slice.ts';

export const recordFilter = defineKind<RecordFilter>({
  name: 'RecordFilter',
  family: 'record_filter',
  docs: 'Keeps the records for which its condition holds.',
  example: `type: RecordFilter\ncondition: "{{ record['status'] == 'paid' }}"\n`,
  fields: {
    condition: template('The condition.', ['record', 'stream_state', 'next_page_token', ...SLICE], {
      types: ['string', 'boolean'],
    }),
  },
  create: (filter, build) => ({
    keeps: (record, slice, state) =>
      filter.condition === undefined ||
      filter.condition === '' ||
      interpolateBoolean(
        filter.condition as string | boolean,
        scopeOf(build, filter, { record, stream_state: state ?? {}, next_page_token: null, ...sliceVariables(slice) }),
      ),
  }),
});
