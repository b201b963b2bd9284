import { expect, test } from 'vitest';
import { StatePace, stateOf } from './protocol-state.ts';

test('every state of one cursor is written', () => {
  const pace = new StatePace();
  expect(pace.take({ at: 1 }, 0)).toEqual({ at: 1 });
  expect(pace.take({ at: 2 }, 1)).toEqual({ at: 2 });
  expect(pace.rest()).toBeNull();
});

test('those of partitions once a minute, and the last at the end', () => {
  const pace = new StatePace();
  const state = (at: number) => ({ use_global_cursor: false, states: [{ partition: { id: 1 }, cursor: { at } }] });
  expect(pace.take(state(1), 0)).toEqual(state(1));
  expect(pace.take(state(2), 59_999)).toBeNull();
  expect(pace.take(state(3), 60_000)).toEqual(state(3));
  expect(pace.take(state(4), 60_001)).toBeNull();
  expect(pace.rest()).toEqual(state(4));
  expect(pace.rest()).toBeNull();
});

test('a state is found in messages, in their states, and by name', () => {
  const state = { type: 'STREAM', stream: { stream_descriptor: { name: 'a' }, stream_state: { at: 1 } } };
  expect(stateOf([{ type: 'STATE', state }], 'a')).toEqual({ at: 1 });
  expect(stateOf([state], 'a')).toEqual({ at: 1 });
  expect(stateOf({ a: { at: 1 } }, 'a')).toEqual({ at: 1 });
  expect(stateOf([state], 'b')).toBeNull();
  expect(stateOf(null, 'a')).toBeNull();
});
