import { expect, test } from 'vitest';
import type { EditorIssue } from '../../../_components/editor/markers.ts';
import { merged } from './use-validation.ts';

const issue = (line: number, code = 'x'): EditorIssue => ({
  ...{ severity: 'error', code, message: `at ${line}`, line, column: 1, endLine: line, endColumn: 2 },
});

test('a look at one stream replaces what was said of it, and moves what stands below', () => {
  const before = { issues: [issue(2), issue(11), issue(40)], lines: 50 };
  // Two lines came into the stream of the lines 10 to 22, which had 10 to 20.
  const part = { text: '', lines: [1, 10, 11, 12, 13], from: 10, to: 22 };
  const issues = merged(before, { part, issues: [issue(3)], lines: 52 });
  expect(issues.map(({ line }) => line)).toEqual([2, 11, 42]);
});

test('of what else stands in the part only broken YAML is told', () => {
  const part = { text: '', lines: [1, 10, 30], from: 10, to: 12 };
  const issues = merged({ issues: [], lines: 50 }, { part, issues: [issue(1), issue(3, 'yaml_x')], lines: 50 });
  expect(issues.map(({ line }) => line)).toEqual([30]);
});
