import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { recordTest } from '#lib/extract/manifest-tests/record-test.ts';
import { runTest } from '#lib/extract/manifest-tests/run-test.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { applyEdit, setInText } from '#lib/manifest/edit-text.ts';
import { type ManifestTest, readWeirBlock } from '#lib/manifest/weir-block.ts';
import { commandGuard } from './command-guard.ts';
import { manifestOf, textFile } from './inputs.ts';
import { stateOf } from './protocol-state.ts';

interface Options {
  readonly file: string;
  readonly config: JsonObject;
  readonly stream: string;
  readonly state: JsonValue;
  readonly name: string | undefined;
  readonly pages: number | undefined;
  readonly slices: number | undefined;
  readonly signal: AbortSignal;
}

/** `record`: reads a stream of the live API and puts a test of it into the manifest; the rest of the file stays as it is. */
export async function recordCommand(options: Options): Promise<number> {
  const { file } = options;
  const manifest = manifestOf({ manifest: file });
  const text = textFile(file);
  const { tests } = readWeirBlock(text);
  const test = await recorded(options, tests);
  const edit = setInText(text, ['metadata', 'weir', 'tests', tests.length], test as unknown as JsonValue);
  const next = edit ? applyEdit(text, edit) : '';
  const block = readWeirBlock(next);
  const written = block.tests[tests.length];
  const unmet = written
    ? await runTest(createManifestSource(manifest), written)
    : [{ message: 'there is no place for it' }];
  if (unmet.length > 0) throw notWritten(unmet.map(({ message }) => message));
  writeFileSync(file, next);
  const { line } = block.placeOf(['tests', tests.length]);
  const { records, record_count: count = records?.length, error } = test.expect;
  const what = error ? `an error (${error.code})` : `${count} records`;
  process.stdout.write(
    `${file}:${line} ${test.name}: ${test.exchanges.length} requests, ${what}. Secrets are masked; look through the answers for what else must not be shared.\n`,
  );
  return 0;
}

async function recorded(options: Options, known: readonly ManifestTest[]): Promise<ManifestTest> {
  const { file, config, stream, state, pages, slices, signal } = options;
  const [clock, log] = [() => new Date(), createLog('weir', 'warn')];
  const http = createHttpClient({ guard: commandGuard(), clock, log });
  const given = stateOf(state, stream);
  const wait = async (ms: number, other = signal) => {
    await sleep(ms, undefined, { signal: other });
  };
  try {
    return await recordTest(
      createManifestSource(manifestOf({ manifest: file })),
      { http, log, clock, signal, sleep: wait },
      {
        name: nameOf(options, known),
        ...{ stream, config },
        ...(given && { state: given }),
        ...(pages && { pages }),
        ...(slices && { slices }),
      },
    );
  } finally {
    await http.close();
  }
}

function nameOf({ name, state }: Options, known: readonly ManifestTest[]): string {
  const taken = (text: string) => known.some((test) => test.name === text);
  const wanted = name ?? (state === null ? 'reads what the API gave' : 'goes on from a state');
  for (let count = 1; ; count++) {
    const text = count === 1 ? wanted : `${wanted} (${count})`;
    if (!taken(text)) return text;
  }
}

function notWritten(reasons: readonly string[]): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'not_repeatable' },
    message: `The recorded test does not pass, so it was not written: ${reasons.slice(0, 3).join('; ')}.`,
    hint: 'Write it by hand (docs/manifest-tests.md).',
  });
}
