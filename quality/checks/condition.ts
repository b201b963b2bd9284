import { conditionProblem } from '../condition.ts';
import { rowLevel } from './row-level.ts';

/** An SQL condition that holds of every row. */
export const condition = rowLevel({
  name: 'condition',
  docs: 'The SQL condition `holds` is true of every row. Rows for which it gives null are not counted as failing.',
  example: 'condition: [{holds: "shipped_at >= ordered_at"}]',
  properties: {
    holds: { type: 'string', minLength: 1, description: 'An SQL condition over the columns of the table.' },
  },
  required: ['holds'],
  problems({ holds }) {
    const message = conditionProblem(String(holds));
    return message ? [{ path: 'holds', message }] : [];
  },
  subject: ({ holds }) => String(holds),
  test: ({ holds }) => ({ ask: 'not_true', condition: String(holds) }),
  wrong: () => 'does not hold',
});
