import { type MapperKind, missing, textOf } from './mapper.ts';

/** `targetField` is left out. */
export const fieldFiltering: MapperKind = {
  type: 'field-filtering',
  title: 'Leave out a field',
  issues: (configuration) => missing(configuration, ['targetField']),
  compile(configuration) {
    const field = textOf(configuration, 'targetField');
    return {
      rename: (name) => (name === field ? null : name),
      schema: (_name, property) => property,
      map(record) {
        const { [field]: _gone, ...rest } = record;
        return rest;
      },
    };
  },
};
