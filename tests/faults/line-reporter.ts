import type { Reporter, TestCase } from 'vitest/node';

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

  onTestRunEnd(_modules: unknown, unhandled: readonly { message?: string; stack?: string }[]): void {
    for (const failure of this.#failed) process.stdout.write(`\n${failure}\n`);
    for (const { stack, message } of unhandled) process.stdout.write(`\noutside a test: ${stack ?? message}\n`);
    process.stdout.write(`\n${this.#passed} of ${this.#passed + this.#failed.length} passed\n`);
  }
}
