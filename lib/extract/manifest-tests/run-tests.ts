import type { Manifest } from '#lib/manifest/manifest.ts';
import { readWeirBlock, type WeirBlock } from '#lib/manifest/weir-block.ts';
import { createManifestSource } from '../manifest-source.ts';
import { runTest } from './run-test.ts';

/** How one test of a manifest went. */
export interface TestResult {
  readonly test: string;
  readonly stream: string;
  readonly passed: boolean;
  readonly ms: number;
  /** What did not come as the test says, with its place in the manifest's text. */
  readonly unmet: readonly {
    readonly line: number;
    readonly column: number;
    readonly path: string;
    readonly message: string;
  }[];
}

/** Runs the tests of a manifest one after the other, over their recorded answers. `name` is what theirs must have in them. */
export async function* runTests(text: string, manifest: Manifest, name = ''): AsyncGenerator<TestResult> {
  const block = readWeirBlock(text);
  for (const [index, test] of block.tests.entries()) {
    if (!test.name.includes(name)) continue;
    const startedAt = performance.now();
    const unmet = await runTest(createManifestSource(manifest), test);
    yield {
      ...{ test: test.name, stream: test.stream, passed: unmet.length === 0 },
      ms: Math.round(performance.now() - startedAt),
      unmet: unmet.map(({ path, message }) => placed(block, index, path, message)),
    };
  }
}

function placed(block: WeirBlock, index: number, path: readonly (string | number)[], message: string) {
  return { ...block.placeOf(['tests', index, ...path]), path: path.join('.'), message };
}
