import { parseArgs } from 'node:util';
import { goals } from './goals.ts';
import { realSeries } from './real.ts';
import { scoreFolder } from './score-folder.ts';

// How good the anomaly detection is. `npm run scorecard` plants troubles in made and in real series and prints what was
// found, beside three common methods; `-- --series DIR --json FILE` scores a folder of series.

const { values } = parseArgs({
  options: { series: { type: 'string' }, json: { type: 'string' }, trials: { type: 'string', default: '400' } },
});

if (values.series !== undefined) process.exitCode = scoreSeries(values.series, values.json ?? 'scores.json');
else {
  const failed = goals(Number(values.trials));
  realSeries();
  console.log(failed === 0 ? '\nAll goals are met.' : `\n${failed} goals are missed.`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function scoreSeries(folder: string, into: string): number {
  try {
    return scoreFolder(folder, into) === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}
