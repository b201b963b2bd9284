import { expect, test } from 'vitest';
import { toCsv, toTabs } from './rows-text.ts';

const rows = [
  { id: 1, note: 'a "quoted", line\nof two', email: '••••', sum: '-12.5' },
  { id: 2, note: '=HYPERLINK("x")', email: null, sum: null },
];

test('rows become a CSV file in which no cell is a formula', () => {
  expect(toCsv(rows)).toBe(
    'id,note,email,sum\r\n1,"a ""quoted"", line\nof two",••••,-12.5\r\n2,"\'=HYPERLINK(""x"")",,\r\n',
  );
  expect(toCsv([])).toBe('\r\n');
});

test('and lines with tabs to paste', () => {
  expect(toTabs(rows).split('\n')).toEqual([
    'id\tnote\temail\tsum',
    '1\ta "quoted", line of two\t••••\t-12.5',
    '2\t=HYPERLINK("x")\t\t',
  ]);
});
