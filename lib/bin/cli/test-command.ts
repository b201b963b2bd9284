import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { runTest } from '#lib/extract/manifest-tests/run-test.ts';
import { stringifyJson } from '#lib/json.ts';
import { readWeirBlock, type WeirBlock } from '#lib/manifest/weir-block.ts';
import { manifestOf, needed, textFile } from './inputs.ts';

/** Of one test; those below a record that is wholly another one would be many. */
const MOST_LINES = 20;

interface Options {
  readonly files: readonly string[];
  /** Only tests that have this in their name. */
  readonly name: string | undefined;
  readonly json: boolean;
}

/** How one test went. */
interface TestResult {
  readonly file: string;
  readonly test: string;
  readonly stream: string;
  readonly passed: boolean;
  readonly ms: number;
  readonly unmet: readonly {
    readonly line: number;
    readonly column: number;
    readonly path: string;
    readonly message: string;
  }[];
}

/** `test`: runs the tests of manifests over their recorded answers; nothing is sent. 0 when all pass, 1 when one fails or there is none. */
export async function testCommand({ files, name, json }: Options): Promise<number> {
  needed(files[0], 'A manifest (weir test manifest.yaml)');
  const results: TestResult[] = [];
  for (const file of files) {
    const manifest = manifestOf({ manifest: file });
    const block = readWeirBlock(textFile(file));
    for (const [index, test] of block.tests.entries()) {
      if (name !== undefined && !test.name.includes(name)) continue;
      const startedAt = performance.now();
      const unmet = await runTest(createManifestSource(manifest), test);
      const ms = Math.round(performance.now() - startedAt);
      const result = { file, test: test.name, stream: test.stream, passed: unmet.length === 0, ms };
      results.push({ ...result, unmet: unmet.map(({ path, message }) => placed(block, index, path, message)) });
    }
  }
  const passed = results.filter((result) => result.passed).length;
  process.stdout.write(
    json ? `${stringifyJson({ passed, failed: results.length - passed, results })}\n` : report(results),
  );
  return results.length > 0 && passed === results.length ? 0 : 1;
}

function placed(block: WeirBlock, index: number, path: readonly (string | number)[], message: string) {
  return { ...block.placeOf(['tests', index, ...path]), path: path.join('.'), message };
}

function report(results: readonly TestResult[]): string {
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
