import { readFileSync } from 'node:fs';
import { parseJson } from '#lib/json.ts';
import { type AttemptOf, runAttempt } from './attempt.ts';
import type { Scenario } from './scenario.ts';

const { scenario, of } = parseJson(readFileSync(process.argv[2] ?? '', 'utf8')) as unknown as {
  scenario: Scenario;
  of: AttemptOf;
};
process.stdout.write(JSON.stringify(await runAttempt(scenario, of)));
