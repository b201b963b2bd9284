import { describe, expect, test } from 'vitest';
import { AT_ONCE, closes, opens } from './life.ts';

const TWO_OF_THREE = { breaches: 2, of: 3, passes: 2 };

describe('an incident', () => {
  test('opens after N breaches among the last M measurements', () => {
    expect(opens(['fail'], AT_ONCE)).toBe(true);
    expect(opens(['fail', 'pass', 'pass', 'fail'], TWO_OF_THREE)).toBe(false);
    expect(opens(['fail', 'pass', 'warn', 'pass'], TWO_OF_THREE)).toBe(true);
    expect(opens(['error', 'error', 'fail'], TWO_OF_THREE)).toBe(false);
  });

  test('closes after passes in a row, more of them while it flaps', () => {
    expect(closes(['pass', 'fail'], AT_ONCE, false)).toBe(true);
    expect(closes(['pass', 'fail'], TWO_OF_THREE, false)).toBe(false);
    expect(closes(['pass', 'pass', 'fail'], TWO_OF_THREE, false)).toBe(true);
    expect(closes(['pass', 'pass', 'fail'], AT_ONCE, true)).toBe(false);
    expect(closes(['pass', 'pass', 'pass'], AT_ONCE, true)).toBe(true);
    expect(closes(['pass'], TWO_OF_THREE, false)).toBe(false);
  });
});
