import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readSeries } from '../bench/scorecard/read-series.ts';
import { scoreFolder } from '../bench/scorecard/score-folder.ts';

const DAY = 86_400_000;

function fileOf(text: string): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'weir-series-')), 'series.csv');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['2026-01-05 00:00:00', '2026-01-06 00:00:00'],
  ['2026-01-05', '2026-01-06'],
  ['2026/1/5', '2026/1/6'],
  ['2026-01-05T00:00:00Z', '2026-01-06T00:00:00.000Z'],
  ['2026-01-05 02:00:00+02', '2026-01-06T02:00:00+02:00'],
  ['2026-01-05 00:00 UTC', '2026-01-06 0:00'],
  ['1767571200', '1767657600'],
  ['1767571200000', '1767657600000'],
  ['1767571200000000', '1767657600000000000'],
  ['20260105', '20260106'],
  ['"2026-01-05"', '"Jan 6, 2026"'],
  ['01/05/2026 00:00', '01/06/2026 00:00'],
])('times are read as they are written: %s', (first, second) => {
  const at = readSeries(fileOf(`timestamp,value\n${first},1\n${second},2\n`)).map((point) => point.at);
  expect(at).toEqual([Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 6)]);
});

test('what is no number was not measured, and each row has its point', () => {
  const rows = ['1', '', 'NaN', 'null', '-2.5', '1e3', '"1,234.5"', 'Infinity'];
  const text = `\uFEFFValue,Timestamp\r\n${rows.map((value, day) => `${value},${day * DAY + 1e12}\r\n`).join('')}\r\n`;
  expect(readSeries(fileOf(text)).map(({ value }) => value)).toEqual([1, null, null, null, -2.5, 1000, 1234.5, null]);
});

test('a folder of any series gives one score from 0 to 1 a row, the same in every run', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-series-'));
  mkdirSync(path.join(folder, 'below'));
  const daily = (value: (day: number) => unknown, days = 60) =>
    Array.from({ length: days }, (_, day) => `${new Date(1.7e12 + day * DAY).toISOString()},${value(day)}`);
  const series = {
    'empty.csv': null,
    'head.csv': [],
    'one.csv': daily(() => 5, 1),
    'constant.csv': daily(() => 5),
    'missing.csv': daily((day) => (day % 3 === 0 ? '' : day)),
    'nothing.csv': daily(() => 'NaN'),
    'huge.csv': daily((day) => (day === 40 ? 1e308 : -1e307 * day)),
    'tiny.csv': daily((day) => 1e-300 * (day % 4)),
    'negative.csv': daily((day) => (day % 7) - 40),
    'same-time.csv': daily((day) => day % 5).map((row) => row.replace(/^[^,]*/, '2026-01-05')),
    'backwards.csv': daily((day) => day % 5).toReversed(),
    'below/no-times.csv': daily((day) => day % 5).map((row) => row.replace(/^[^,]*/, 'x')),
  };
  for (const [name, rows] of Object.entries(series))
    writeFileSync(path.join(folder, name), rows === null ? '' : ['timestamp,value', ...rows].join('\n'));
  const score = (into: string) => {
    scoreFolder(folder, path.join(folder, into));
    return JSON.parse(readFileSync(path.join(folder, into), 'utf8')) as Record<string, number[]>;
  };
  const scores = score('scores.json');
  expect(Object.keys(scores).toSorted()).toEqual(Object.keys(series).toSorted());
  for (const [name, rows] of Object.entries(series)) {
    expect(scores[name], name).toHaveLength(rows?.length ?? 0);
    expect(
      scores[name]?.every((each) => each >= 0 && each <= 1),
      name,
    ).toBe(true);
  }
  expect(score('again.json')).toEqual(scores);
});
