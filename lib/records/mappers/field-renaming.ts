import { type MapperKind, missing, textOf } from './mapper.ts';

/** `originalFieldName` is called `newFieldName` from here on. */
export const fieldRenaming: MapperKind = {
  type: 'field-renaming',
  title: 'Rename a field',
  issues: (configuration) => missing(configuration, ['originalFieldName', 'newFieldName']),
  compile(configuration) {
    const from = textOf(configuration, 'originalFieldName');
    const to = textOf(configuration, 'newFieldName');
    return {
      ...(to !== from && { gives: to }),
      rename: (name) => (name === from ? to : name),
      schema: (_name, property) => property,
      map(record) {
        if (!Object.hasOwn(record, from)) return record;
        return Object.fromEntries(Object.entries(record).map(([name, value]) => [name === from ? to : name, value]));
      },
    };
  },
};
