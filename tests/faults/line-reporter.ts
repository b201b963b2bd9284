import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { FAULTS } from './catalogue.ts';

/** A line for each entry of the catalogue as it ends, and what failed once more at the end. */
export default class LineReporter implements Reporter {
  readonly #failed: string[] = [];
  #passed = 0;

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    // Filtered out by name.
    if (state === 'skipped') return;
    const [number = '', name = ''] = test.name.split(/ (.*)/s);
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
    process.stdout.write(`${number} ${name}: ${state}, ${seconds} s\n`);
    if (state === 'passed') this.#passed++;
    else
      this.#failed.push(
        `${test.name}\n  ${errors?.map(({ message, stack, diff }) => `${stack ?? message}${diff ? `\n${diff}` : ''}`).join('\n  ') ?? state}`,
      );
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message?: string; stack?: string }[]): void {
    // A service that did not start takes all entries of its file with it.
    const outside = [...unhandled, ...modules.flatMap((module) => module.errors())];
    for (const failure of this.#failed) process.stdout.write(`\n${failure}\n`);
    for (const { stack, message } of outside) process.stdout.write(`\noutside a test: ${stack ?? message}\n`);
    const all = process.env.WEIR_FAULTS_WHOLE ? Object.keys(FAULTS).length : this.#passed + this.#failed.length;
    process.stdout.write(`\n${this.#passed} of ${all} passed\n`);
  }
}
