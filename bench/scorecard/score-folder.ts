import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { detect } from '#quality/anomaly/detect.ts';
import { readSeries } from './read-series.ts';

/** Scores every row of every CSV below a folder, each from it and the rows before it alone, into one JSON file. */
export function scoreFolder(folder: string, into: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.toLowerCase().endsWith('.csv'))
    .toSorted();
  const started = performance.now();
  let rows = 0;
  const scores = Object.fromEntries(
    files.map((name) => {
      const judged = detect(readSeries(path.join(folder, name)));
      rows += judged.length;
      return [name.split(path.sep).join('/'), judged.map(({ score }) => Number(score.toFixed(7)))];
    }),
  );
  writeFileSync(into, JSON.stringify(scores));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${files.length} series, ${rows} rows, ${seconds.toFixed(1)} s → ${into}`);
}
