import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { needsSetUp } from '#lib/access/set-up.ts';
import { getContext } from '#lib/context.ts';
import { Panel } from '../../_components/panel.tsx';
import { StateIcon, StateMark } from '../../_components/state-mark.tsx';
import { stateClass } from '../../_components/states.ts';
import { VERSION } from '../../_server/version.ts';
import { type MachineFact, machineFacts } from './machine-facts.ts';
import { SetUpForm } from './set-up-form.tsx';

export const metadata: Metadata = { title: 'Set up' };

export default async function SetUpPage() {
  const context = getContext();
  if (!(await needsSetUp(context))) redirect('/');
  const facts = await machineFacts(context);
  return (
    <main className="setup" id="main">
      <SetUpForm timeZones={Intl.supportedValuesOf('timeZone')} />
      <aside>
        <MachinePanel facts={facts} />
        <Panel title="What the demo shows">
          <ol className="body steps">
            <li>Manifests for an earthquake and a weather API on this machine, open in the builder.</li>
            <li>Connections that have run, with their tables in Postgres.</li>
            <li>Checks on every load, and one that fails for a true property of the data.</li>
          </ol>
        </Panel>
        <p className="small muted">
          Weir {VERSION} sends nothing home: no telemetry, no update check, no fonts or scripts from elsewhere.
        </p>
      </aside>
    </main>
  );
}

function MachinePanel({ facts }: { facts: readonly MachineFact[] }) {
  const ready = facts.every(({ state }) => state !== 'fail');
  return (
    <Panel
      title="This machine"
      side={<StateMark state={ready ? 'ok' : 'fail'}>{ready ? 'Ready' : 'Not ready'}</StateMark>}
    >
      <ul className="ck">
        {facts.map(({ name, state, text }) => (
          <li key={name} className={stateClass(state)}>
            <StateIcon state={state} />
            <span>
              {name}
              <small>{text}</small>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
