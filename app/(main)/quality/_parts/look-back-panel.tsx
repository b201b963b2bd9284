'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { LookBack as LookBackModel } from '#quality/look-back.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { plural } from '../../../_components/format.ts';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { type Result, valueText } from './models.ts';

type LookBack = Wire<LookBackModel>;
type Alarm = LookBack['points'][number];

const TOLERANCES = [0.25, 1, 4];
const SHOWN = 8;

/** On which past days the check would have fired, at its own tolerance or another; what was normal can be said here. */
export function LookBackPanel({ suiteId, result }: { suiteId: string; result: Result }) {
  const [tolerance, setTolerance] = useState<number | null>(null);
  const query = `key=${encodeURIComponent(result.key)}${tolerance === null ? '' : `&falseAlarmsPerMonth=${tolerance}`}`;
  const { data, error } = useQuery({
    queryKey: ['suites', suiteId, 'look-back', result.key, tolerance],
    queryFn: () => api.get<LookBack>(`/suites/${suiteId}/look-back?${query}`),
    placeholderData: (before) => before,
  });
  const alarms = data?.points.filter(({ isNew }) => isNew).toReversed() ?? [];
  return (
    <Panel
      title="Looking back"
      sub={data && summary(data)}
      side={<Tolerance value={tolerance ?? data?.falseAlarmsPerMonth ?? null} onChoose={setTolerance} />}
    >
      {error && <FailureNotice failure={failureOf(error)} />}
      {data && alarms.length === 0 && (
        <Empty>
          {data.judged === 0
            ? 'There are too few measurements to look back at.'
            : 'Nothing in its history would have been an alarm.'}
        </Empty>
      )}
      {alarms.length > 0 && (
        <Table className="tight" label="Alarms that would have been told" head={<Head />}>
          {alarms.slice(0, SHOWN).map((alarm) => (
            <AlarmRow key={String(alarm.at)} alarm={alarm} result={result} suiteId={suiteId} />
          ))}
        </Table>
      )}
    </Panel>
  );
}

function summary({ alarms, days, judged }: LookBack): string {
  return `${plural(alarms, 'alarm')} in ${plural(days, 'day')}, of ${plural(judged, 'measurement')} judged`;
}

function Tolerance({ value, onChoose }: { value: number | null; onChoose: (value: number) => void }) {
  const choices =
    value === null || TOLERANCES.includes(value) ? TOLERANCES : [...TOLERANCES, value].toSorted((a, b) => a - b);
  return (
    <>
      <span className="sub">At most, false alarms a month</span>
      {/* biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset */}
      <div className="seg" role="group" aria-label="False alarms a month, at most">
        {choices.map((choice) => (
          <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChoose(choice)}>
            {choice}
          </button>
        ))}
      </div>
    </>
  );
}

function Head() {
  return (
    <>
      <th>Measured</th>
      <th className="r">Value</th>
      <th className="r">Expected</th>
      <th className="r">Usual</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function AlarmRow({ alarm, result, suiteId }: { alarm: Alarm; result: Result; suiteId: string }) {
  const { at, value, expected, low, high } = alarm;
  const text = (number: number | null) => (number === null ? '—' : valueText(number, result));
  return (
    <tr>
      <td className="num nowrap">
        <TimeAt at={at} />
      </td>
      <td className="r num strong">{text(value)}</td>
      <td className="r num">{text(expected)}</td>
      <td className="r num nowrap">
        {text(low)} to {text(high)}
      </td>
      <td className="r">
        <ExpectedButton alarm={alarm} resultKey={result.key} suiteId={suiteId} />
      </td>
    </tr>
  );
}

function ExpectedButton({ alarm, resultKey, suiteId }: { alarm: Alarm; resultKey: string; suiteId: string }) {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const queries = useQueryClient();
  const router = useRouter();
  const mark = async () => {
    setBusy(true);
    try {
      await api.post(`/suites/${suiteId}/expected`, { key: resultKey, from: alarm.at });
      say.done('Learned: values like this are expected from here on.');
      await queries.invalidateQueries({ queryKey: ['suites', suiteId] });
      router.refresh();
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="s" busy={busy} onClick={mark}>
      Mark as expected
    </Button>
  );
}
