'use client';

import { LimitBullet } from '../../../_components/charts/limit-bullet.tsx';
import { Sparkline } from '../../../_components/charts/sparkline.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { outcomeState } from '../../../_components/states.ts';
import { CONSEQUENCES, type History, type Result, titleParts } from './models.ts';

interface ChecksTableProps {
  readonly results: readonly Result[];
  readonly histories: readonly History[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}

const SHOWN = 20;

export function ChecksTable({ results, histories, chosen, onChoose }: ChecksTableProps) {
  return (
    <Panel title="Checks" side={<Tally results={results} />}>
      <Table className="cards chk" label="Checks" head={<Head />}>
        {results.map((result) => (
          <CheckRow
            key={result.key}
            result={result}
            history={histories.find(({ key }) => key === result.key)}
            chosen={result.key === chosen}
            onChoose={onChoose}
          />
        ))}
      </Table>
    </Panel>
  );
}

const TALLY = [
  ['fail', 'fails', 'fail'],
  ['error', 'is not measured', 'are not measured'],
  ['warn', 'warns', 'warn'],
  ['pass', 'passes', 'pass'],
] as const;

function Tally({ results }: { results: readonly Result[] }) {
  return TALLY.map(([outcome, one, many]) => {
    const count = results.filter((result) => result.outcome === outcome).length;
    return count === 0 ? null : (
      <StateMark key={outcome} state={outcomeState(outcome).state}>
        {count} {count === 1 ? one : many}
      </StateMark>
    );
  });
}

function Head() {
  return (
    <>
      <th>Result</th>
      <th>Check</th>
      <th className="r">Measured</th>
      <th>Limit</th>
      <th>Against limit</th>
      <th>Last {SHOWN} runs</th>
      <th>If it fails</th>
    </>
  );
}

interface CheckRowProps {
  readonly result: Result;
  readonly history: History | undefined;
  readonly chosen: boolean;
  readonly onChoose: (key: string) => void;
}

function CheckRow({ result, history, chosen, onChoose }: CheckRowProps) {
  const { state, word } = outcomeState(result.outcome);
  const { kind, subject } = titleParts(result);
  const bad = result.outcome !== 'pass';
  return (
    <tr className={chosen ? 'sel' : ''}>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td>
        <button type="button" className="plain strong" aria-pressed={chosen} onClick={() => onChoose(result.key)}>
          {kind}
        </button>
        <span className="sub">{subject}</span>
      </td>
      <td className={`r num nowrap s-${state}`} data-k="Measured" title={result.message}>
        <span className={bad ? 'bad' : ''}>{result.valueText ?? '—'}</span>
      </td>
      <td className="num nowrap" data-k="Limit">
        {result.limitText ?? '—'}
      </td>
      <td className="hide-s">
        <LimitBullet value={result.value} low={result.low} high={result.high} state={state} />
      </td>
      <td className="hide-s">
        <Sparkline
          values={(history?.points ?? []).slice(-SHOWN).map(({ value }) => value)}
          width={84}
          height={22}
          low={result.low}
          high={result.high}
          outside={state}
          label={`${kind} of ${subject}, last ${SHOWN} runs`}
        />
      </td>
      <td className="muted nowrap hide-s">{CONSEQUENCES[result.level]}</td>
    </tr>
  );
}
