import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ConfiguredStream, Mapper } from '#lib/catalog.ts';
import { mapperIssues, mappingOf } from './map-records.ts';

function people(mappers: readonly Mapper[], more: Partial<ConfiguredStream> = {}): ConfiguredStream {
  const properties = { id: { type: 'integer' }, email: { type: 'string' }, team: { type: 'string' } };
  return {
    stream: {
      name: 'people',
      jsonSchema: { type: 'object', properties },
      supportedSyncModes: ['full_refresh'],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [],
    },
    syncMode: 'full_refresh',
    destinationSyncMode: 'append_dedup',
    cursorField: [],
    primaryKey: [['id']],
    ...more,
    mappers,
  };
}

const rename = (from: string, to: string): Mapper => ({
  type: 'field-renaming',
  mapperConfiguration: { originalFieldName: from, newFieldName: to },
});
const hash = (field: string): Mapper => ({
  type: 'hashing',
  mapperConfiguration: { targetField: field, method: 'SHA-256' },
});
const drop = (field: string): Mapper => ({ type: 'field-filtering', mapperConfiguration: { targetField: field } });
const keep = (conditions: Mapper['mapperConfiguration']): Mapper => ({
  type: 'row-filtering',
  mapperConfiguration: { conditions },
});
const ANN = { id: 1, email: 'ann@x.io', team: 'red' };

describe('mappers', () => {
  test('none: nothing is done at all', () => expect(mappingOf(people([]))).toBeNull());

  test('a renamed key is the key under its new name', () => {
    const mapping = mappingOf(people([rename('id', 'person_id')], { selectedFields: ['id', 'team'] }));
    expect(mapping?.map([ANN]).records).toEqual([{ person_id: 1, email: 'ann@x.io', team: 'red' }]);
    expect(mapping?.stream).toMatchObject({ primaryKey: [['person_id']], selectedFields: ['person_id', 'team'] });
    expect(Object.keys(mapping?.stream.stream.jsonSchema.properties ?? {})).toEqual(['person_id', 'email', 'team']);
  });

  test('a hashed field is gone, its hash is text, and null stays null', () => {
    const mapping = mappingOf(people([hash('email')]));
    const { records } = mapping?.map([ANN, { ...ANN, email: null }]) ?? { records: [] };
    const hashed = createHash('sha256').update('ann@x.io').digest('hex');
    expect(records).toEqual([
      { id: 1, team: 'red', email_hashed: hashed },
      { id: 1, team: 'red', email_hashed: null },
    ]);
  });

  test('rows that do not meet the condition are filtered and counted', () => {
    const notRed = keep({ type: 'NOT', conditions: [{ type: 'EQUAL', fieldName: 'team', comparisonValue: 'red' }] });
    const mapping = mappingOf(people([notRed]));
    expect(mapping?.map([ANN, { ...ANN, team: 'blue' }])).toEqual({ records: [{ ...ANN, team: 'blue' }], filtered: 1 });
  });

  test('numbers and booleans compare as text', () => {
    const mapping = mappingOf(people([keep({ type: 'EQUAL', fieldName: 'id', comparisonValue: '1' })]));
    expect(mapping?.map([ANN, { ...ANN, id: 2 }]).filtered).toBe(1);
  });

  test('one after another, each on what the one before left', () => {
    const mapping = mappingOf(people([rename('email', 'mail'), hash('mail'), drop('team')]));
    expect(Object.keys(mapping?.map([ANN]).records[0] ?? {})).toEqual(['id', 'mail_hashed']);
  });

  test('a cursor that tells which row is the newest can’t be hashed; one that nobody asks can', () => {
    const dated = { cursorField: ['team'] };
    expect(mapperIssues(people([hash('team')], dated))).toEqual([
      { path: 'mappers.0', message: expect.stringContaining('which row of a key is the newest') },
    ]);
    expect(mapperIssues(people([hash('team')], { ...dated, destinationSyncMode: 'append' }))).toEqual([]);
    expect(mapperIssues(people([hash('id')], dated))).toEqual([]);
  });

  test('all that is wrong at once, by path', () => {
    const wrong = people([
      rename('email', 'team'),
      { type: 'shuffling', mapperConfiguration: {} },
      drop('id'),
      hash(''),
    ]);
    expect(mapperIssues(wrong)).toEqual([
      { path: 'mappers.0', message: expect.stringMatching(/^There is a field named team already/) },
      { path: 'mappers.1', message: expect.stringContaining('shuffling is none of') },
      { path: 'mappers.2', message: expect.stringContaining('cursor or key') },
      { path: 'mappers.3', message: 'targetField is missing.' },
    ]);
    expect(() => mappingOf(wrong)).toThrow(/shuffling is none of/);
  });
});

describe('a field of the source’s own that is called as a mapper calls another', () => {
  const encrypt: Mapper = {
    type: 'encryption',
    mapperConfiguration: {
      ...{ targetField: 'email', fieldNameSuffix: '_x', algorithm: 'AES', mode: 'CBC', padding: 'PKCS5Padding' },
      key: '00112233445566778899aabbccddeeff',
    },
  };

  test.each<[string, Mapper, string]>([
    ['renamed', rename('email', 'label'), 'label'],
    ['hashed', hash('email'), 'email_hashed'],
    ['encrypted', encrypt, 'email_x'],
  ])('is loaded beside it: %s', (_name, mapper, label) => {
    const { map } = mappingOf(people([mapper])) ?? { map: () => ({ records: [] }) };
    const [alone] = map([{ ...ANN, email: null }]).records;
    const before = map([{ [label]: 'own', ...ANN, email: null }]).records;
    const behind = map([{ ...ANN, email: null, [label]: 'own' }]).records;
    expect(alone).toMatchObject({ [label]: null });
    expect(before).toEqual([{ ...alone, [`${label} (source)`]: 'own' }]);
    expect(behind).toEqual(before);
  });

  test('is none where the field keeps its name', () => {
    const suffix = { type: 'hashing', mapperConfiguration: { targetField: 'email', fieldNameSuffix: '' } };
    const mapping = mappingOf(people([suffix, rename('team', 'team')]));
    expect(Object.keys(mapping?.map([ANN]).records[0] ?? {})).toEqual(['id', 'team', 'email']);
  });

  test('is never taken for the other, where a record lacks that', () => {
    const mapping = mappingOf(people([rename('email', 'label')]));
    expect(mapping?.map([{ id: 1, label: 'own' }]).records).toEqual([{ id: 1, 'label (source)': 'own' }]);
    const both = { id: 1, label: 'own', 'label (source)': 'too', email: 'e' };
    expect(mapping?.map([both]).records).toEqual([
      { id: 1, 'label (source) (source)': 'own', 'label (source)': 'too', label: 'e' },
    ]);
  });

  test('stays apart when the schema comes to name it by itself, and is told when the connection is saved', () => {
    const renames = people([rename('email', 'team')]);
    expect(mapperIssues(renames)).toEqual([
      { path: 'mappers.0', message: expect.stringMatching(/named team already/) },
    ]);
    const mapping = mappingOf(renames);
    expect(mapping?.map([ANN]).records).toEqual([{ id: 1, team: 'ann@x.io', 'team (source)': 'red' }]);
    expect(Object.keys(mapping?.stream.stream.jsonSchema.properties ?? {})).toEqual(['id', 'team', 'team (source)']);
  });
});
