import { expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { mapperIssues, mappingOf } from '#lib/records/index.ts';
import {
  filterOf,
  isHashed,
  keptFields,
  newNameOf,
  withFilter,
  withHash,
  withKept,
  withNewName,
} from './field-changes.ts';

const people: ConfiguredStream = {
  stream: {
    name: 'people',
    jsonSchema: { properties: { id: {}, email: {}, team: {} } },
    supportedSyncModes: ['full_refresh'],
    ...{ sourceDefinedCursor: false, defaultCursorField: [], sourceDefinedPrimaryKey: [] },
  },
  ...{ syncMode: 'full_refresh', destinationSyncMode: 'overwrite', cursorField: [], primaryKey: [] },
};
const ALL = ['id', 'email', 'team'];

test('fields are left out and taken back; all of them is no selection', () => {
  const some = withKept(people, 'team', false, ALL);
  expect(keptFields(some, ALL)).toEqual(['id', 'email']);
  expect(withKept(some, 'team', true, ALL)).toEqual(people);
});

test('what the form sets does what it says, in whatever order it was set', () => {
  const renamed = withHash(withNewName(people, 'team', 'group'), 'email', true);
  const configured = withFilter(renamed, { field: 'team', value: 'red', not: true });
  expect(mapperIssues(configured)).toEqual([]);
  expect([newNameOf(configured, 'team'), isHashed(configured, 'email')]).toEqual(['group', true]);
  const mapping = mappingOf(configured);
  const { records, filtered } = mapping?.map([
    { id: 1, email: 'a@x.io', team: 'red' },
    { id: 2, email: 'b@x.io', team: 'blue' },
  ]) ?? { records: [], filtered: 0 };
  expect(filtered).toBe(1);
  expect(records).toEqual([{ id: 2, group: 'blue', email_hashed: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});

test('what was set is shown, and taken away again without a trace', () => {
  const filter = { field: 'team', value: 'red', not: false };
  expect(filterOf(withFilter(people, filter))).toEqual(filter);
  expect(withFilter(withFilter(people, filter), null)).toEqual(people);
  expect(withHash(withHash(people, 'email', true), 'email', false)).toEqual(people);
  expect(withNewName(withNewName(people, 'id', 'key'), 'id', '')).toEqual(people);
});
