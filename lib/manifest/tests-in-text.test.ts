import { expect, test } from 'vitest';
import { applyEdit } from './edit-text.ts';
import { addTestToText, testsInText } from './tests-in-text.ts';

const CASE = { name: 'reads', stream: 'orders', exchanges: [], expect: { record_count: 0 } };

test('tests are added one behind the other, each with its own name, and the rest stays', () => {
  let text = '# mine\nversion: 6.0.0\nstreams: []\n';
  for (let count = 0; count < 2; count++) {
    const edit = addTestToText(text, CASE);
    if (edit === null) throw new Error('there is no place');
    text = applyEdit(text, edit);
  }
  expect(text).toContain('# mine\nversion: 6.0.0\nstreams: []\n');
  expect(testsInText(text)).toEqual(['reads', 'reads (2)']);
});

test('in broken YAML there are none, and none is added', () => {
  expect(testsInText('a: [')).toEqual([]);
  expect(addTestToText('a: [', CASE)).toBeNull();
});
