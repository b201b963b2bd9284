import { expect, test } from 'vitest';
import { historyColumn } from './history-column.ts';

const columns = (...names: string[]) => names.map((name) => ({ name, type: 'timestamp with time zone' }));

test('the column that tells since when a row is there is found by its name, if it holds times', () => {
  expect(historyColumn(columns('updated_at', 'created_at'))).toBe('created_at');
  expect(historyColumn(columns('date', 'order_date'))).toBe('order_date');
  expect(historyColumn(columns('timestamp'))).toBe('timestamp');
  expect(historyColumn(columns('updated_at', 'deleted_at', 'due_date'))).toBeNull();
  expect(historyColumn([{ name: 'created_at', type: 'text' }])).toBeNull();
});
