'use client';

import type { TriedCheck } from '#quality/try-checks.ts';
import { ApiError, failureOf, lineIssues } from '../../../_components/api.ts';
import { plural } from '../../../_components/format.ts';
import { FailureNotice } from '../../../_components/notice.tsx';
import { Panel, PanelBody, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { outcomeState } from '../../../_components/states.ts';
import { CONSEQUENCES, titleParts } from './models.ts';

interface TryPanelProps {
  readonly results: readonly TriedCheck[];
  readonly tookMs: number | null;
  readonly failure: unknown;
  readonly onGo: (key: string) => void;
}

/** What was tried last: values, limits and some of the rows that fail. */
export function TryPanel({ results, tookMs, failure, onGo }: TryPanelProps) {
  if (failure !== null)
    return (
      <FailureNotice
        failure={failureOf(failure)}
        {...(failure instanceof ApiError ? { issues: lineIssues(failure) } : { title: 'Nothing was measured.' })}
        alert
      />
    );
  if (results.length === 0) return null;
  const took = tookMs === null ? '' : ` in ${tookMs < 1_000 ? `${tookMs} ms` : `${(tookMs / 1_000).toFixed(1)} s`}`;
  return (
    <Panel
      title="Tried now"
      sub={`${plural(results.length, 'check')} measured${took} on the tables as they are. Nothing of it is kept.`}
    >
      <Table
        className="cards"
        label="Tried now"
        head={
          <>
            <th>Result</th>
            <th>Check</th>
            <th>What was measured</th>
            <th>If it fails</th>
          </>
        }
      >
        {results.map((result) => (
          <TriedRow key={result.key} result={result} onGo={onGo} />
        ))}
      </Table>
      {results.length === 1 && results[0] && <Samples result={results[0]} />}
    </Panel>
  );
}

function TriedRow({ result, onGo }: { result: TriedCheck; onGo: TryPanelProps['onGo'] }) {
  const { state, word } = outcomeState(result.outcome);
  const { kind, subject } = titleParts(result);
  return (
    <tr>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td>
        <button type="button" className="plain strong" onClick={() => onGo(result.key)}>
          {kind}
        </button>
        <span className="sub">{subject}</span>
      </td>
      <td data-k="Measured" className="wrap-cell">
        {result.message}
      </td>
      <td className="muted nowrap" data-k="If it fails">
        {CONSEQUENCES[result.level]}
      </td>
    </tr>
  );
}

function Samples({ result: { samples, title } }: { result: TriedCheck }) {
  const [first] = samples;
  if (!first) return null;
  const columns = Object.keys(first);
  return (
    <>
      <PanelBody>
        <p className="muted small">Rows that fail, personal values masked:</p>
      </PanelBody>
      <Table
        className="tight"
        label={`Rows that fail ${title}`}
        head={columns.map((column) => <th key={column}>{column}</th>)}
      >
        {samples.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no key of their own here
          <tr key={index}>
            {columns.map((column) => (
              <td key={column} className={`mono nowrap ${row[column] === null ? 'null' : ''}`}>
                {row[column] === null ? 'null' : String(row[column])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </>
  );
}
