import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import { valuesAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';

/** The records that a record stands for. */
export type RecordExpander = (record: JsonValue) => JsonValue[];

export const recordExpander = defineKind<RecordExpander>({
  name: 'RecordExpander',
  family: 'record_expander',
  docs: 'Makes of each record the items of a list in it.',
  example: 'type: RecordExpander\nexpand_records_from_field: [lines, data]\nremain_original_record: true\n',
  fields: {
    expand_records_from_field: {
      docs: 'Path of the list; `*` stands for any key.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    remain_original_record: { docs: 'Keep the whole record in each item, as original_record.', types: ['boolean'] },
    on_no_records: {
      docs: 'What becomes of a record without items: nothing, or the record itself.',
      types: ['string'],
      values: ['skip', 'emit_parent'],
    },
  },
  create(expander, build) {
    const path = (expander.expand_records_from_field as JsonValue[]).map((part) =>
      interpolateText(String(part), scopeOf(build, expander)),
    );
    const keeps = expander.remain_original_record === true;
    return (record) => {
      if (!isJsonObject(record) || path.length === 0) return [record];
      const items = valuesAt(record, path).flatMap((found) => (Array.isArray(found) ? found : []));
      if (items.length === 0) return expander.on_no_records === 'emit_parent' ? [record] : [];
      if (!keeps) return items;
      return items.map((item) => ({ ...(isJsonObject(item) ? item : { value: item }), original_record: record }));
    };
  },
});
