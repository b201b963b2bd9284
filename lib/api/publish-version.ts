import { type Connector, createConnector, deleteConnector, saveVersion } from '#lib/connections/connectors.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import type { Context } from '#lib/context.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import type { TestResult } from '#lib/extract/manifest-tests/run-tests.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { readApart } from './manifest-thread.ts';

export interface PublishInput {
  readonly manifest: string;
  readonly note?: string | null;
  /** The version that the editor began from; null for none. */
  readonly basedOn: NonNullable<Connector['latest']>['version'] | null;
  /** Why it is saved although its tests fail. */
  readonly failingReason?: string | null;
  /** A new name of the connector; it keeps the old one when the version is refused. */
  readonly name?: string;
}

/**
 * Saves the next version of a connector. A manifest that carries tests has them run first, in a child: one that fails is refused, or
 * stands with the reason that was given.
 * @throws WeirError `tests_failed` with what was not met, and what `saveVersion` throws
 */
export async function publishVersion(
  context: Context,
  workspaceId: string,
  id: string,
  { input, by, signal }: { input: PublishInput; by: string; signal: AbortSignal },
): Promise<{ version: number; issues: readonly Issue[] }> {
  const reason = input.failingReason?.trim() || null;
  // What is no manifest is told by `saveVersion`, with its lines.
  const reading = await readApart(input.manifest);
  const failing = reading.hasTests ? await failingTests(context, workspaceId, { input, by, signal }) : [];
  if (failing.length > 0 && reason === null) throw testsFailed(failing);
  const { manifest, note = null, basedOn, name } = input;
  const version = { manifest, note, basedOn, by, ...(name !== undefined && { name }) };
  const saved = { ...version, failingReason: failing.length > 0 ? reason : null };
  return saveVersion(context, workspaceId, id, saved, reading);
}

/**
 * A connector with its first version; a manifest that is refused leaves no connector behind.
 * @throws WeirError `name_taken`, and what `publishVersion` throws
 */
export async function publishConnector(
  context: Context,
  workspaceId: string,
  name: string,
  publish: { input: Omit<PublishInput, 'basedOn'>; by: string; signal: AbortSignal },
): Promise<{ id: string }> {
  const made = await createConnector(context, workspaceId, { name, manifest: publish.input.manifest });
  try {
    const first = { ...publish, input: { ...publish.input, basedOn: null } };
    await publishVersion(context, workspaceId, made.id, first);
    return made;
  } catch (error) {
    await deleteConnector(context, workspaceId, made.id);
    throw error;
  }
}

async function failingTests(
  context: Context,
  workspaceId: string,
  { input, by, signal }: { input: PublishInput; by: string; signal: AbortSignal },
): Promise<TestResult[]> {
  const question = await probeInput({ ...context, read: readApart }, workspaceId, {
    kind: 'run_tests',
    manifest: input.manifest,
  });
  const { results } = await askProbe(context, workspaceId, { kind: 'run_tests', input: question, by, signal });
  return (results as unknown as TestResult[]).filter(({ passed }) => !passed);
}

function testsFailed(failing: readonly TestResult[]): WeirError {
  const [first] = failing;
  return new WeirError({
    ...{ kind: 'config', code: 'tests_failed' },
    message:
      failing.length === 1
        ? `A test of the manifest fails: ${first?.test}. No version was saved.`
        : `${failing.length} tests of the manifest fail. No version was saved.`,
    hint: 'Mend the manifest or the test, or say why this version is to be saved all the same.',
    issues: failing.flatMap(({ test, unmet }) =>
      unmet.map(({ line, column, message }) => ({ line, column, message: `${test}: ${message}` })),
    ),
  });
}
