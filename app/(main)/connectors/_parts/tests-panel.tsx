'use client';

import { useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import type { TestResult } from '#lib/extract/manifest-tests/run-tests.ts';
import { failureOf } from '../../../_components/api.ts';
import { askProbe } from '../../../_components/ask-probe.ts';
import { Button } from '../../../_components/button.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';

interface Props {
  readonly manifest: string;
  /** Names of the tests that stand in the text. */
  readonly names: readonly string[];
  readonly onGo: (line: number, column: number) => void;
}

/** The tests that the manifest carries: run over their recorded answers, with the line of whatever is not met. */
export function TestsPanel({ manifest, names, onGo }: Props) {
  const [results, setResults] = useState<readonly TestResult[]>([]);
  const [tested, setTested] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
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
  if (names.length === 0)
    return (
      <Empty>
        A manifest carries its tests: what the API answered, and what must come of it. Test a stream, then choose Keep
        as test.
      </Empty>
    );
  return (
    <section aria-label="Tests">
      <div className="sec">
        <Summary results={results} count={names.length} />
        <span className="grow" />
        {tested !== null && tested !== manifest && <span className="muted small">Draft changed since</span>}
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
        {names.map((name) => (
          <TestRow key={name} name={name} result={results.find(({ test }) => test === name)} onGo={onGo} />
        ))}
      </ul>
    </section>
  );
}

function Summary({ results, count }: { results: readonly TestResult[]; count: number }) {
  const passed = results.filter((result) => result.passed).length;
  const state = results.length === 0 ? 'off' : passed === results.length ? 'ok' : 'fail';
  return (
    <span className={`st s-${state} small`} role="status">
      <StateIcon state={state} />
      {results.length === 0
        ? `${count} ${count === 1 ? 'test' : 'tests'}, not run yet`
        : `${passed} of ${results.length} tests passed`}
    </span>
  );
}

function TestRow({ name, result, onGo }: { name: string; result: TestResult | undefined; onGo: Props['onGo'] }) {
  const state = result === undefined ? 'off' : result.passed ? 'ok' : 'fail';
  return (
    <li>
      <span className={`st s-${state}`}>
        <StateIcon state={state} />
        {name}
      </span>
      {result && (
        <span className="muted small">
          {' '}
          {result.stream}, {result.ms} ms
        </span>
      )}
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
