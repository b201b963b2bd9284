import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '#lib/errors.ts';
import type { SuiteResults, SuiteSummary } from '#quality/suites.ts';
import { CHECKS_EXIT, exitCodeOf, resultLines } from './checks-command.ts';
import { needed } from './inputs.ts';
import { weirServer } from './pipelines/server.ts';

const LOOK_EVERY_MS = 1_000;

interface Options {
  /** Name or id of a suite. */
  readonly suite: string | undefined;
  readonly url: string;
  readonly key: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** `checks start`: has a running Weir measure a suite that it keeps, reading whatever that takes, and says what came out. */
export async function checksStartCommand({ suite, url, key, json, signal }: Options): Promise<number> {
  const name = needed(suite, 'A suite (weir checks start orders)');
  const server = weirServer({ url, key: needed(key, '--key (or WEIR_API_KEY)') });
  const suites = await server.get<SuiteSummary[]>('/suites');
  const found = suites.find((one) => one.name === name || one.id === name);
  if (!found) throw noSuite(name, suites);
  const { runId } = await server.send<{ runId: number }>('POST', `/suites/${found.id}/run`);
  for (;;) {
    const { run, results } = await server.get<SuiteResults>(`/suites/${found.id}/results`);
    if (run && run.id >= runId && run.finishedAt !== null) {
      process.stdout.write(json ? `${JSON.stringify({ suite: name, run, results }, null, 2)}\n` : resultLines(results));
      if (run.failure) process.stderr.write(`${run.failure.message}\n`);
      return run.failure ? CHECKS_EXIT.notMeasured : exitCodeOf(results);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

function noSuite(name: string, suites: readonly SuiteSummary[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'no_such_suite',
    message: `There is no suite named ${name}.`,
    hint: `Suites: ${suites.map((one) => one.name).join(', ')}.`,
  });
}
