import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { detect } from '#quality/anomaly/detect.ts';
import { parseSeries } from './read-series.ts';

/**
 * Scores every row of every CSV below a folder, each from it and the rows before it alone, into one JSON file. A file that
 * can't be read is named with its line and the others are scored; gives how many those are.
 */
export function scoreFolder(folder: string, into: string): number {
  const files = csvFiles(folder);
  const started = performance.now();
  const scores: Record<string, number[]> = {};
  let [rows, failed] = [0, 0];
  for (const name of files) {
    try {
      const { points, remarks } = parseSeries(readFileSync(path.join(folder, name), 'utf8'));
      for (const { line, message } of remarks) console.warn(`${name}, line ${line}: ${message}`);
      scores[name] = detect(points).map(({ score }) => Number(score.toFixed(7)));
      rows += points.length;
    } catch (error) {
      failed++;
      console.error(`${name}, ${error instanceof Error ? error.message : error}; not scored`);
    }
  }
  writeFileSync(into, JSON.stringify(scores));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${files.length - failed} series, ${rows} rows, ${seconds.toFixed(1)} s → ${into}`);
  return failed;
}

/** Paths relative to the folder, with slashes. */
function csvFiles(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.toLowerCase().endsWith('.csv'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .toSorted();
  if (found.length === 0) throw new Error(`There is no CSV file below ${folder}.`);
  return found;
}
