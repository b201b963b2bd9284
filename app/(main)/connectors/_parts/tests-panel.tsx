'use client';

import { useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import type { TestResult } from '#lib/extract/manifest-tests/run-tests.ts';
import type { TestInText } from '#lib/manifest/tests-in-text.ts';
import { failureOf } from '../../../_components/api.ts';
import { askProbe } from '../../../_components/ask-probe.ts';
import { Button } from '../../../_components/button.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Recorded, TestRun } from './use-test-read.ts';

interface Props {
  readonly manifest: string;
  /** The tests that stand in the text. */
  readonly tests: readonly TestInText[];
  /** The last test read. */
  readonly run: TestRun;
  readonly onGo: (line: number, column: number) => void;
  readonly onShow: (test: TestInText) => void;
  readonly onRecord: (test: TestInText, recorded: Recorded) => Promise<void>;
  readonly onRemove: (test: TestInText) => void;
}

/** The tests that the manifest carries: run over their recorded answers, with the line of whatever is not met. */
export function TestsPanel({ manifest, tests, run: lastRead, onGo, onShow, onRecord, onRemove }: Props) {
  const [all, setResults] = useState<readonly TestResult[]>([]);
  const [tested, setTested] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const results = all.filter(({ test }) => tests.some(({ name }) => name === test));
  const run = async () => {
    setBusy(true);
    setFailure(null);
    setResults([]);
    setTested(manifest);
    const add = (event: { type: string }) =>
      event.type === 'test' && setResults((old) => [...old, event as unknown as TestResult]);
    try {
      await askProbe({ kind: 'run_tests', manifest }, add);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  // What came of the old recording says nothing of the new one.
  const recordAgain = async (test: TestInText, recorded: Recorded) => {
    await onRecord(test, recorded);
    setResults((old) => old.filter((result) => result.test !== test.name));
  };
  if (tests.length === 0)
    return (
      <Empty>
        A manifest carries its tests: what the API answered, and what must come of it. Test a stream, then choose Keep
        as test.
      </Empty>
    );
  return (
    <section aria-label="Tests">
      <div className="sec">
        <Summary results={results} count={tests.length} />
        <span className="grow" />
        {results.length > 0 && tested !== manifest && <span className="muted small">Draft changed since</span>}
        <Button size="s" icon="play" busy={busy} onClick={() => void run()}>
          Run all tests
        </Button>
      </div>
      {failure && (
        <div className="pad">
          <FailureNotice failure={failure} alert />
        </div>
      )}
      <ul className="results">
        {tests.map((test) => (
          <TestRow
            key={`${test.index}:${test.name}`}
            test={test}
            result={results.find((result) => result.test === test.name)}
            run={lastRead}
            onGo={onGo}
            onShow={onShow}
            onRecord={recordAgain}
            onRemove={onRemove}
          />
        ))}
      </ul>
    </section>
  );
}

function Summary({ results, count }: { results: readonly TestResult[]; count: number }) {
  const passed = results.filter((result) => result.passed).length;
  const state = results.length === 0 ? 'off' : passed === results.length ? 'ok' : 'fail';
  const left = count - results.length;
  return (
    <span className={`st s-${state} small`} role="status">
      <StateIcon state={state} />
      {results.length === 0
        ? `${count} ${count === 1 ? 'test' : 'tests'}, not run yet`
        : `${passed} of ${results.length} tests passed${left > 0 ? `, ${left} not run yet` : ''}`}
    </span>
  );
}

interface RowProps extends Pick<Props, 'run' | 'onGo' | 'onShow' | 'onRecord' | 'onRemove'> {
  readonly test: TestInText;
  readonly result: TestResult | undefined;
}

function TestRow({ test, result, run, onGo, onShow, onRecord, onRemove }: RowProps) {
  const { name } = test;
  const state = result === undefined ? 'off' : result.passed ? 'ok' : 'fail';
  const say = useSay();
  const remove = () => {
    try {
      onRemove(test);
    } catch (error) {
      say.failed(error);
    }
  };
  return (
    <li aria-label={name}>
      <div className="row wrap">
        <span className={`st s-${state}`}>
          <StateIcon state={state} />
          {name}
        </span>
        <span className="muted small">{result ? `${result.stream}, ${result.ms} ms` : test.stream}</span>
        <span className="grow" />
        <Button size="s" kind="ghost" aria-label={`Show in YAML: ${name}`} onClick={() => onShow(test)}>
          Show in YAML
        </Button>
        <RecordAgain test={test} run={run} onRecord={onRecord} />
        <Button size="s" kind="ghost" aria-label={`Remove: ${name}`} onClick={remove}>
          Remove
        </Button>
      </div>
      {result?.unmet.slice(0, MOST_UNMET).map(({ line, column, path, message }) => (
        <button
          key={`${line}:${path}:${message}`}
          type="button"
          className="link small"
          onClick={() => onGo(line, column)}
        >
          Line {line}: {message}
        </button>
      ))}
      {result && result.unmet.length > MOST_UNMET && (
        <span className="muted small">… {result.unmet.length - MOST_UNMET} more</span>
      )}
    </li>
  );
}

const MOST_UNMET = 10;

/** The answers of the last test read take the place of those that the test has. */
function RecordAgain({ test, run, onRecord }: Pick<RowProps, 'test' | 'run' | 'onRecord'>) {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const recorded = recordedFor(test, run);
  const reason = typeof recorded === 'string' ? recorded : null;
  const record = () => {
    if (typeof recorded === 'string') return;
    setBusy(true);
    onRecord(test, recorded)
      .catch(say.failed)
      .finally(() => setBusy(false));
  };
  return (
    <Button
      size="s"
      kind="ghost"
      busy={busy}
      aria-label={`Record again: ${test.name}`}
      aria-disabled={reason !== null}
      title={reason ?? 'By the last test read of its stream'}
      onClick={record}
    >
      Record again
    </Button>
  );
}

/** What was recorded of the test's stream, or why there is nothing. */
function recordedFor({ stream }: TestInText, { recording, stream: read, status }: TestRun): Recorded | string {
  if (read === stream && status === 'running') return 'Wait until the test read has ended.';
  if (recording === null || read !== stream) return `Run a test read of ${stream ?? 'its stream'} first.`;
  return 'refused' in recording ? `The last read can’t be kept as a test: ${recording.refused}` : recording;
}
