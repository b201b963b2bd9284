import type { Reports } from '#lib/pipelines/reports.ts';
import { TimeAgo } from '../../../../_components/clock.tsx';
import { formatDuration } from '../../../../_components/format.ts';
import { Panel, Table } from '../../../../_components/panel.tsx';
import { StateMark } from '../../../../_components/state-mark.tsx';
import { trainingState } from '../../../../_components/training-state.ts';
import type { Wire } from '../../../../_components/wire.ts';

const SHOWN = 5;

/** What dbt and trainings reported of this connection's data. */
export function ReportsPanel({ reports: { dbt, training } }: { reports: Wire<Reports> }) {
  return (
    <>
      {dbt.length > 0 && (
        <Panel title="dbt">
          <Table className="cards" label="dbt" head={<DbtHead />}>
            {dbt.slice(0, SHOWN).map((report) => (
              <DbtRow key={report.id} report={report} />
            ))}
          </Table>
        </Panel>
      )}
      {training.length > 0 && (
        <Panel title="Training">
          <Table className="cards" label="Training" head={<TrainingHead />}>
            {training.slice(0, SHOWN).map((report) => (
              <TrainingRow key={report.id} report={report} />
            ))}
          </Table>
        </Panel>
      )}
    </>
  );
}

function DbtHead() {
  return (
    <>
      <th>State</th>
      <th className="r">Models</th>
      <th className="r">Tests</th>
      <th>Ended</th>
    </>
  );
}

function DbtRow({ report }: { report: Wire<Reports>['dbt'][number] }) {
  const [first] = report.problems;
  return (
    <tr>
      <td className="wrap-cell">
        <StateMark state={report.status === 'success' ? 'ok' : 'fail'}>
          {report.status === 'success' ? 'Succeeded' : 'Failed'}
        </StateMark>
        {first && <span className="sub">{[first.name, first.message].filter(Boolean).join(': ')}</span>}
      </td>
      <td data-k="Models" className="r num">
        {report.modelsRun} run{report.modelsFailed > 0 && `, ${report.modelsFailed} failed`}
      </td>
      <td data-k="Tests" className="r num">
        {report.testsPassed} passed{report.testsFailed > 0 && `, ${report.testsFailed} failed`}
        {report.testsWarned > 0 && `, ${report.testsWarned} warned`}
      </td>
      <td data-k="Ended">
        <TimeAgo at={report.generatedAt} />
        <span className="sub">{report.elapsedS === null ? '' : formatDuration(report.elapsedS * 1000)}</span>
      </td>
    </tr>
  );
}

function TrainingRow({
  report: { status, modelVersion, accuracy, finishedAt },
}: {
  report: Wire<Reports>['training'][number];
}) {
  const { state, word } = trainingState(status);
  return (
    <tr>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td data-k="Model">{modelVersion}</td>
      <td data-k="Accuracy" className="r num">
        {accuracy ?? '—'}
      </td>
      <td data-k="Finished">
        <TimeAgo at={finishedAt} />
      </td>
    </tr>
  );
}

function TrainingHead() {
  return (
    <>
      <th>State</th>
      <th>Model</th>
      <th className="r">Accuracy</th>
      <th>Finished</th>
    </>
  );
}
