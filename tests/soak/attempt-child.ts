import { readFileSync } from 'node:fs';
import { parseJson } from '#lib/json.ts';
import { type AttemptOf, runAttempt } from './attempt.ts';
import type { Scenario } from './scenario.ts';

const { scenario, of } = parseJson(readFileSync(process.argv[2] ?? '', 'utf8')) as unknown as {
  scenario: Scenario;
  of: AttemptOf;
};
// Once the time of a soak is up, nobody waits for the attempt that it was in.
process.stdout.on('error', () => undefined);
process.stdout.write(JSON.stringify(await runAttempt(scenario, of)));
