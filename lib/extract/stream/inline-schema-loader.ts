import { isJsonObject } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { SchemaLoader } from '../families.ts';

export const inlineSchemaLoader = defineKind<SchemaLoader>({
  name: 'InlineSchemaLoader',
  family: 'schema_loader',
  docs: 'The JSON schema of the records, in the manifest itself.',
  example: 'type: InlineSchemaLoader\nschema:\n  type: object\n  properties:\n    id: { type: integer }\n',
  fields: { schema: { docs: 'The JSON schema.', required: true, types: ['object'] } },
  create: (loader) => ({ schema: () => (isJsonObject(loader.schema) ? loader.schema : {}) }),
});
