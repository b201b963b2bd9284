export { jsonText } from './coerce.ts';
export { type ColumnType, columnTypeOf, typeOfValue, widen } from './column-type.ts';
export { type FlatRow, flatFieldName, flattenRecord, flattenSchema, lastPart, parentPath } from './flatten.ts';
export { mapperIssues, mappingOf, type StreamMapping } from './map-records.ts';
export { mapperKinds } from './mappers/index.ts';
export { cutToBytes, MAX_NAME_BYTES, plainName, tableName } from './names.ts';
export { type Column, shapeOfStream, type TableShape } from './table-shape.ts';
export { type Change, type Refusal, type TypedPage, type TypedRow, typePage } from './type-page.ts';
