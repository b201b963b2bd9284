import { expect, test } from 'vitest';
import { type EditorIssue, toMarker } from './markers.ts';

const mark = toMarker({ Error: 8, Warning: 4 });
const issue: EditorIssue = {
  ...{ severity: 'error', code: 'wrong_type', message: 'field_path takes array, not string.' },
  ...{ line: 7, column: 51, endLine: 7, endColumn: 55 },
};

test('an issue is marked where it is, with its code', () => {
  expect(mark(issue)).toEqual({
    ...{ severity: 8, code: 'wrong_type', message: 'field_path takes array, not string.' },
    ...{ startLineNumber: 7, startColumn: 51, endLineNumber: 7, endColumn: 55 },
  });
});

test('a warning says what to do on its second line', () => {
  expect(mark({ ...issue, severity: 'warning', hint: 'Did you mean field_path?' })).toMatchObject({
    severity: 4,
    message: 'field_path takes array, not string.\nDid you mean field_path?',
  });
});

test('a place without width is one character wide', () => {
  expect(mark({ ...issue, endColumn: 51 })).toMatchObject({ startColumn: 51, endColumn: 52 });
});

test('one over several lines ends where it ends', () => {
  expect(mark({ ...issue, endLine: 9, endColumn: 3 })).toMatchObject({ endLineNumber: 9, endColumn: 3 });
});
