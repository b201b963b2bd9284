import fc from 'fast-check';
import { onTestFinished, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { startStore } from './soak/bucket.ts';
import { type Places, runScenario } from './soak/run-scenario.ts';
import { scenarios } from './soak/scenarios.ts';

/** `npm run soak -- --seeds N` runs more, and kills processes too. */
const SEEDS = 100;
/** On a crowded machine fewer are run, and what fails is not shrunk for ever. */
const MOST_MS = 200_000;

async function somewhere(): Promise<Places> {
  const { url } = await testDatabase();
  const store = await startStore();
  onTestFinished(() => store.stop());
  return { database: url, store };
}

test('whatever is read and wherever it breaks: the table equals the source, and the state is never ahead', {
  timeout: 300_000,
}, async () => {
  const places = await somewhere();
  await fc.assert(
    fc.asyncProperty(scenarios({ kills: false, mostSyncs: 2 }), (scenario) => runScenario(places, scenario)),
    { numRuns: SEEDS, interruptAfterTimeLimit: MOST_MS },
  );
});

test('processes that are killed', { timeout: 300_000 }, async () => {
  const places = await somewhere();
  await fc.assert(
    fc.asyncProperty(scenarios({ kills: true, mostSyncs: 2 }), (scenario) => runScenario(places, scenario)),
    { numRuns: 5, interruptAfterTimeLimit: MOST_MS },
  );
});
