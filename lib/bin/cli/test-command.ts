import { runTests, type TestResult } from '#lib/extract/manifest-tests/run-tests.ts';
import { stringifyJson } from '#lib/json.ts';
import { manifestOf, needed, textFile } from './inputs.ts';

/** Of one test; those below a record that is wholly another one would be many. */
const MOST_LINES = 20;

interface Options {
  readonly files: readonly string[];
  /** Only tests that have this in their name. */
  readonly name: string | undefined;
  readonly json: boolean;
}

type FileResult = TestResult & { readonly file: string };

/** `test`: runs the tests of manifests over their recorded answers; nothing is sent. 0 when all pass, 1 when one fails or there is none. */
export async function testCommand({ files, name, json }: Options): Promise<number> {
  needed(files[0], 'A manifest (weir test manifest.yaml)');
  const results: FileResult[] = [];
  for (const file of files) {
    const manifest = manifestOf({ manifest: file });
    for await (const result of runTests(textFile(file), manifest, name)) results.push({ file, ...result });
  }
  const passed = results.filter((result) => result.passed).length;
  process.stdout.write(
    json ? `${stringifyJson({ passed, failed: results.length - passed, results })}\n` : report(results),
  );
  return results.length > 0 && passed === results.length ? 0 : 1;
}

function report(results: readonly FileResult[]): string {
  if (results.length === 0)
    return 'There are no tests. weir record makes one from a live API (docs/manifest-tests.md).\n';
  const lines = results.flatMap(({ file, test, stream, passed, ms, unmet }) => [
    `${passed ? '✓' : '✗'} ${stream}: ${test} (${ms} ms)`,
    ...unmet
      .slice(0, MOST_LINES)
      .map((each) => `    ${file}:${each.line}:${each.column} ${each.path}: ${each.message}`),
    ...(unmet.length > MOST_LINES ? [`    … ${unmet.length - MOST_LINES} more`] : []),
  ]);
  const passed = results.filter((result) => result.passed).length;
  return `${[...lines, '', `${passed} of ${results.length} tests passed.`].join('\n')}\n`;
}
