'use client';

import { useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import { AllowHost } from '../../../_components/allow-host.tsx';
import { Button } from '../../../_components/button.tsx';
import { formatBytes, formatCount, formatDuration } from '../../../_components/format.ts';
import { FailureNotice } from '../../../_components/notice.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';
import { PanelTabs, TabPanel } from '../../../_components/tabs.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { PlanView } from './plan-view.tsx';
import { RecordsView } from './records-view.tsx';
import { ExchangeDetail, Requests, toCurl } from './requests.tsx';
import { TestOptionFields, type TestOptions } from './test-options.tsx';
import type { Recorded, TestRun } from './use-test-read.ts';

interface Props {
  readonly run: TestRun;
  readonly streams: readonly string[];
  readonly stream: string | null;
  readonly onStream: (stream: string) => void;
  readonly options: TestOptions;
  readonly onOptions: (options: TestOptions) => void;
  readonly manifest: string;
  readonly config: JsonObject;
  /** Puts what was read into the manifest, as a test of it. */
  readonly onKeep: (recorded: Recorded) => Promise<void>;
  /** Reads the stream, from a state or from its beginning. */
  readonly onTest: (state?: JsonObject | null) => void;
  /** Opens the form of the config. */
  readonly onValues: () => void;
  /** The stream that was read has an incremental sync. */
  readonly isIncremental: boolean;
  /** The draft has changed since this test, in more than the tests that it carries. */
  readonly outdated: boolean;
}

/** What a test read: requests on a time axis, records, the answer as it came, state and log. Fills while it runs. */
export function TestPanel(props: Props) {
  const { run, streams, stream, onStream, options, onOptions, onTest, outdated } = props;
  const [tab, setTab] = useState('records');
  const [chosen, setChosen] = useState(0);
  const say = useSay();
  const exchange = run.exchanges[Math.min(chosen, run.exchanges.length - 1)];
  const records = run.pages.reduce((sum, page) => sum + page.records.length, 0);
  const copy = async () => {
    if (!exchange) return;
    await navigator.clipboard.writeText(toCurl(exchange));
    say.done('Copied as cURL; fill in what is masked');
  };
  return (
    <section className="test" aria-label="Test">
      <div className="th">
        <label className="row small">
          <span className="muted">Stream</span>
          <select className="select" value={stream ?? ''} onChange={(event) => onStream(event.target.value)}>
            {streams.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <TestOptionFields value={options} onChange={onOptions} recording={recordingOf(run, stream)} />
      </div>
      {run.status === 'idle' ? (
        <div className="empty">
          <p>Test reads the stream with the same engine as a sync, and loads nothing.</p>
          <Button icon="play" onClick={() => onTest()} aria-disabled={stream === null}>
            Test {stream ?? ''}
          </Button>
          <PlanView manifest={props.manifest} config={props.config} stream={stream} state={null} />
        </div>
      ) : (
        <>
          <Verdict run={run} records={records} outdated={outdated} />
          <KeepAsTest run={run} onKeep={props.onKeep} />
          {run.failure && (
            <div className="pad">
              <FailureNotice
                failure={run.failure}
                issues={run.issues}
                actions={
                  run.issues.some(({ path }) => path?.startsWith('config')) ? (
                    <Button size="s" onClick={props.onValues}>
                      Fill in the test values
                    </Button>
                  ) : (
                    <AllowHost failure={run.failure} reason={`test of ${run.stream}`} onAllowed={() => onTest()} />
                  )
                }
                alert
              />
            </div>
          )}
          {run.exchanges.length > 0 && (
            <>
              <div className="sec">
                <h3>Requests</h3>
                <span className="grow" />
                <Button size="s" kind="ghost" icon="copy" onClick={copy}>
                  Copy as cURL
                </Button>
              </div>
              <Requests
                exchanges={run.exchanges}
                chosen={chosen}
                onChoose={(index) => {
                  setChosen(index);
                  setTab('response');
                }}
              />
            </>
          )}
          <PanelTabs
            label="What the test read"
            value={tab}
            onChange={setTab}
            tabs={[
              { id: 'records', label: 'Records', count: formatCount(records) },
              { id: 'response', label: 'Response' },
              { id: 'state', label: 'State' },
              { id: 'plan', label: 'Plan' },
              { id: 'log', label: 'Log', count: run.log.length },
            ]}
          >
            <TabPanel value="records">
              {run.status === 'failed' && records === 0 ? (
                <p className="empty">Nothing was read.</p>
              ) : (
                <RecordsView pages={run.pages} running={run.status === 'running'} />
              )}
            </TabPanel>
            <TabPanel value="response">
              {exchange ? <ExchangeDetail exchange={exchange} /> : <p className="empty">No request was made.</p>}
            </TabPanel>
            <TabPanel value="state">
              {run.state && props.isIncremental ? (
                <>
                  <div className="sec">
                    <span className="muted small">A sync from here reads what is new.</span>
                    <span className="grow" />
                    <Button size="s" onClick={() => onTest(run.state)}>
                      Run again with this state
                    </Button>
                  </div>
                  <pre className="well">{JSON.stringify(run.state, null, 2)}</pre>
                </>
              ) : (
                <p className="empty">{noStateWords(run, props.isIncremental)}</p>
              )}
            </TabPanel>
            <TabPanel value="plan">
              <PlanView manifest={props.manifest} config={props.config} stream={stream} state={run.state} />
            </TabPanel>
            <TabPanel value="log">
              <div className="log">
                {run.log.map((line, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
                  <div key={index} className={line.level}>
                    <time>{line.at?.slice(11, 23) ?? ''}</time>
                    <span className="lv">{line.level}</span>
                    <span className="m">{line.message}</span>
                  </div>
                ))}
              </div>
            </TabPanel>
          </PanelTabs>
        </>
      )}
    </section>
  );
}

/** Why a read has no state. */
function noStateWords({ status }: TestRun, isIncremental: boolean): string {
  if (!isIncremental) return 'This stream keeps no state.';
  if (status === 'running') return 'No slice has ended yet; state is kept when a slice ends.';
  if (status === 'failed') return 'The test failed before a slice ended; state is kept when a slice ends.';
  return 'The test stopped before a slice ended; state is kept when a slice ends. Read more pages.';
}

/** What can be read in place of the API: only what came for this stream. */
function recordingOf({ recording, stream: read }: TestRun, stream: string | null): ManifestTest | null {
  return recording && 'test' in recording && read === stream ? recording.test : null;
}

/** Beside a test that asked the API: its answers become a test of the manifest. */
function KeepAsTest({ run, onKeep }: Pick<Props, 'run' | 'onKeep'>) {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const { recording } = run;
  if (recording === null || run.status === 'running' || run.replayed) return null;
  if ('refused' in recording) return <p className="pad muted small">Can’t be kept as a test: {recording.refused}</p>;
  const keep = () => {
    setBusy(true);
    onKeep(recording)
      .catch(say.failed)
      .finally(() => setBusy(false));
  };
  return (
    <div className="pad">
      <Button size="s" busy={busy} onClick={keep}>
        Keep as test
      </Button>
    </div>
  );
}

/** What a run from a state read again of what the run before had: an overlap is fine, a gap is not seen here. */
function comparedWords({ pages, before }: TestRun): string {
  const records = pages.flatMap((page) => page.records.map((record) => JSON.stringify(record)));
  const again = records.filter((record) => before?.has(record)).length;
  return `${formatCount(records.length - again)} new since that state, ${formatCount(again)} read again`;
}

function Verdict({ run, records, outdated }: { run: TestRun; records: number; outdated: boolean }) {
  const state =
    run.status === 'running' ? 'run' : run.status === 'failed' ? 'fail' : run.status === 'stopped' ? 'off' : 'ok';
  const word = { running: 'Reading', failed: 'Failed after', stopped: 'Stopped after', done: '', idle: '' }[run.status];
  const bytes = run.exchanges.reduce((sum, exchange) => sum + (exchange.response?.bytes ?? 0), 0);
  const retries = run.exchanges.filter((exchange) => exchange.try > 1).length;
  return (
    <div className="sum" role="status">
      <span className={`st s-${state}`}>
        <StateIcon state={state} />
        {word} {formatCount(records)} {records === 1 ? 'record' : 'records'} in {formatDuration(run.durationMs)}
      </span>
      <span className="muted small">
        {run.replayed && 'from the recording, '}
        {run.pages.length} {run.pages.length === 1 ? 'page' : 'pages'}, {formatBytes(bytes)}
        {run.before !== null && `, ${comparedWords(run)}`}
        {retries > 0 && `, ${retries} ${retries === 1 ? 'retry' : 'retries'}`}
      </span>
      {outdated && run.status !== 'running' && (
        <span className="st s-warn small">
          <StateIcon state="warn" />
          Draft changed since
        </span>
      )}
    </div>
  );
}
