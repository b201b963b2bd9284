import type { Mapper } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import type { SyncStream } from '#lib/sync/sync-stream.ts';
import { FILTERED_ID, marksVanished, namesOf, type Scenario } from './scenario.ts';

/** The stream of a scenario as its connection takes it. */
export function streamOf(scenario: Scenario, sync: number, table: string): SyncStream {
  const { fields, mode, syncs } = scenario;
  const knowsTimes = syncs[sync]?.knowsTimes === true;
  const key = fields.twoKeys ? [['id'], ['part']] : [['id']];
  const mappers = mappersOf(scenario);
  return {
    configured: {
      ...mode,
      stream: {
        name: 'items',
        jsonSchema: { type: 'object', properties: propertiesOf(scenario, knowsTimes) },
        supportedSyncModes: ['full_refresh', 'incremental'],
        ...{ sourceDefinedCursor: true, defaultCursorField: ['at'], sourceDefinedPrimaryKey: key },
      },
      ...{ cursorField: ['at'], primaryKey: key },
      ...(marksVanished(scenario) && { softDelete: true }),
      ...(mappers.length > 0 && { mappers }),
      ...(fields.selects && { selectedFields: fields.selects }),
    },
    ...{ namespace: '', table },
  };
}

function propertiesOf({ fields, cursor }: Scenario, knowsTimes: boolean): JsonObject {
  const known = fields.declares.map((field) => {
    const isText = fields.declaresText && field !== 'lines';
    return [field, isText ? { type: ['null', 'string'] } : {}] as const;
  });
  return {
    id: { type: ['null', 'integer'] },
    ...(cursor !== 'numbers' && { at: { type: ['null', 'string'], ...(knowsTimes && { format: 'date-time' }) } }),
    score: { type: ['null', 'integer'] },
    ...Object.fromEntries(known),
  };
}

function mappersOf(scenario: Scenario): Mapper[] {
  const { filters, hashes, leavesOut, renames } = scenario.fields;
  const { id, at } = namesOf(scenario);
  const filtered = { type: 'EQUAL', fieldName: 'id', comparisonValue: String(FILTERED_ID) };
  const renaming = (originalFieldName: string, newFieldName: string): Mapper => ({
    type: 'field-renaming',
    mapperConfiguration: { originalFieldName, newFieldName },
  });
  return [
    ...(filters
      ? [
          {
            type: 'row-filtering',
            mapperConfiguration: { conditions: { type: 'NOT', conditions: [filtered] } },
          },
        ]
      : []),
    ...(renames ? [renaming('id', id), renaming('at', at)] : []),
    ...(hashes === null
      ? []
      : [
          {
            type: 'hashing',
            mapperConfiguration: { targetField: hashes, method: 'SHA-256', fieldNameSuffix: '_hashed' },
          },
        ]),
    ...(leavesOut === null ? [] : [{ type: 'field-filtering', mapperConfiguration: { targetField: leavesOut } }]),
  ];
}
