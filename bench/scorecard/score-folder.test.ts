import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { parseSeries } from './read-series.ts';
import { scoreFolder } from './score-folder.ts';

const ROWS = Array.from(
  { length: 40 },
  (_, day) => `2026-01-${String((day % 28) + 1).padStart(2, '0')},${100 + (day % 7)}`,
);

/** The scores of files, by name, and what was printed. */
function scored(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'series-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const said: string[] = [];
  for (const method of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((text) => void said.push(String(text)));
  const into = path.join(folder, 'scores.json');
  const failed = scoreFolder(folder, into);
  vi.restoreAllMocks();
  const scores = JSON.parse(readFileSync(into, 'utf8')) as Record<string, number[]>;
  return { failed, scores, said: said.join('\n') };
}

describe('a folder of series', () => {
  test('is scored file by file, below folders too', () => {
    const { scores, failed } = scored({
      'a.csv': `timestamp,value\n${ROWS.join('\n')}`,
      'b/c.CSV': ROWS.join('\r\n'),
      'd.txt': '',
    });
    expect(failed).toBe(0);
    expect(Object.keys(scores)).toEqual(['a.csv', 'b/c.CSV']);
    expect(scores['b/c.CSV']).toEqual(scores['a.csv']);
  });

  test('names the file and line that is wrong, and scores the others', () => {
    const { scores, failed, said } = scored({
      'empty.csv': '\n',
      'one.csv': 'value\n1\n2',
      'odd.csv': 'timestamp,value\n2026-01-02,1\nyesterday,x\n2026-01-01,2\n2026-01-03,\n',
    });
    expect(failed).toBe(1);
    expect(scores).toEqual({ 'empty.csv': [], 'odd.csv': [0, 0, 0, 0] });
    expect(said).toContain('empty.csv, line 1: the file is empty');
    expect(said).toContain('one.csv, line 1: there is one column');
    expect(said).toContain('odd.csv, line 3: “yesterday” is no time');
    expect(said).toContain('odd.csv, line 3: “x” is no number');
    expect(said).toContain('odd.csv, line 4: earlier than the row before');
  });

  test('is refused when there is no series', () => {
    expect(() => scored({ 'a.txt': '' })).toThrow('no CSV file below');
  });
});

describe('a CSV', () => {
  test.each([
    ['other columns around', 'id,timestamp,note,value\n7,2026-01-01 10:00:00,"a, b",5\n8,2026-01-01 11:00:00,,6'],
    ['other names', 'ds;y\n2026-01-01T10:00:00Z;5\n2026-01-01T11:00:00Z;6\n'],
    ['no header, quotes, blank lines', '\uFEFF"2026-01-01 10:00","5"\r\n\r\n"2026-01-01 11:00","6"\r\n'],
    ['seconds since 1970', 'Value,Timestamp\n5,1767261600\n6,1767265200'],
  ])('is read with %s', (_, text) => {
    const at = Date.UTC(2026, 0, 1, 10);
    expect(parseSeries(text).points).toEqual([
      { at, value: 5 },
      { at: at + 3_600_000, value: 6 },
    ]);
  });

  test('gives a score from 0 to 1 for each row, whatever stands in it', () => {
    const cell = fc.oneof(
      fc.double().map(String),
      fc.integer().map(String),
      fc.constantFrom('', 'NaN', '1e400', '"4"', '1,2', '-0', '2026-01-05', '2026-02-30 25:00', '"'),
      fc.string({ maxLength: 6 }).map((text) => text.replace(/[\r\n]/g, '')),
    );
    const property = fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 30 }), (rows) => {
      const { scores } = scored({
        'a.csv': `timestamp,value\n${rows.map(([time, value]) => `${time},${value}`).join('\n')}`,
      });
      expect(scores['a.csv']).toHaveLength(rows.length);
      for (const score of scores['a.csv'] ?? []) expect(score >= 0 && score <= 1).toBe(true);
    });
    fc.assert(property, { numRuns: 60 });
  });
});
