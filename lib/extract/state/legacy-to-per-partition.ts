import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import type { StateMigration } from '../families.ts';

export const legacyToPerPartition = defineKind<StateMigration>({
  name: 'LegacyToPerPartitionStateMigration',
  family: 'state_migration',
  docs: 'Takes up a state of the form {"<key of the parent>": {"<cursor field>": "<value>"}}.',
  example: 'type: LegacyToPerPartitionStateMigration\n',
  fields: {},
  create: () => ({
    migrate(state, { cursor, routers }) {
      const fields = routers.flatMap((router) => router.fields);
      const [field] = fields;
      if (!cursor || field === undefined || fields.length !== 1 || !isLegacy(state, cursor.field)) return state;
      return { states: Object.entries(state).map(([key, value]) => ({ partition: { [field]: key }, cursor: value })) };
    },
  }),
});

function isLegacy(state: StreamState, cursorField: string): boolean {
  const values = Object.values(state);
  return (
    !('states' in state) &&
    values.length > 0 &&
    values.every((value) => isJsonObject(value) && Object.keys(value).join() === cursorField)
  );
}
