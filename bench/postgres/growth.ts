import path from 'node:path';
import type { Report } from '../measure.ts';
import { bundled, reportAsChild } from '../process.ts';
import { type BenchRow, median } from '../row.ts';
import { startApi } from './api-to-postgres.ts';

const FEW = 100_000;
const MANY = 10_000_000;
const MORE_MEMORY = 1.15;
/** Of a time that grows with the records: beyond it something grows faster. */
const MORE_TIME = 1.25;

/** A hundred times as many records: the same memory, a hundred times the time. Of the many one run, which takes minutes; of the few the median. */
export const growth: BenchRow = {
  name: 'growth',
  async run(bench) {
    const weir = await bundled(path.join(import.meta.dirname, 'weir-sync.ts'), bench.folder);
    const fews: Report[] = [];
    for (let run = 1; run <= bench.runs; run++) fews.push(await load(FEW));
    const few = { peakMb: median(fews.map((one) => one.peakMb)), seconds: median(fews.map((one) => one.seconds)) };
    const many = await load(MANY);
    const [memory, time] = [many.peakMb / few.peakMb, many.seconds / few.seconds / (MANY / FEW)];
    const row = { work: '10 M records against 100 k', versions: { node: process.versions.node } };
    return [
      {
        ...{ ...row, name: 'growth/memory', ours: many.peakMb, peer: few.peakMb, unit: 'MB', ratio: memory },
        ...{ bar: '+15 % at most', ok: memory <= MORE_MEMORY },
      },
      {
        ...{ ...row, name: 'growth/time', ours: many.seconds, peer: few.seconds, unit: 's', ratio: time },
        ...{ bar: 'linear', ok: time <= MORE_TIME, note: `${Math.round(MANY / many.seconds)} records/s` },
      },
    ];

    async function load(records: number): Promise<Report> {
      const api = await startApi(records);
      try {
        const database = await bench.database();
        return await reportAsChild(weir, [api.url, database, 'weir']);
      } finally {
        api.stop();
      }
    }
  },
};
