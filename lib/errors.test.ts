import { expect, test } from 'vitest';
import { toFailure, WeirError } from './errors.ts';

test('whoever could not open one more file or connection, the limit is what is told, with its place', () => {
  const cause = Object.assign(new Error('connect EMFILE 10.0.0.1:443'), { code: 'EMFILE' });
  const attempts = new AggregateError([new Error('refused'), cause]);
  for (const inside of [cause, new Error('fetch failed', { cause }), new Error('fetch failed', { cause: attempts })]) {
    const told = new WeirError({ kind: 'terminal', code: 'postgres', message: 'Postgres refused.', cause: inside });
    expect(toFailure(told.at({ stream: 'orders' }))).toMatchObject({
      ...{ kind: 'transient', code: 'open_files_limit', where: { stream: 'orders' } },
      hint: expect.stringContaining('LimitNOFILE'),
    });
  }
  expect(toFailure(cause)).toMatchObject({ code: 'open_files_limit' });
  expect(toFailure(new WeirError({ kind: 'config', code: 'x', message: 'other' }))).toMatchObject({ code: 'x' });
});

test('a failure holds no letters that can not be kept, whatever the row that it quotes holds', () => {
  const quoted = `The row: a\0b ${'😀'.slice(0, 1)}…`;
  const error = new WeirError({ kind: 'config', code: 'bad_row', message: quoted, hint: quoted });
  expect(toFailure(error)).toMatchObject({ message: 'The row: a\ufffdb \ufffd…', hint: 'The row: a\ufffdb \ufffd…' });
  expect(toFailure(new Error(quoted))).toMatchObject({ message: 'The row: a\ufffdb \ufffd…' });
});
