'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';

/** Loads the demo later than at set-up. */
export function DemoPanel({ connections }: { connections: number }) {
  const router = useRouter();
  const say = useSay();
  const [busy, setBusy] = useState(false);
  const load = async () => {
    setBusy(true);
    try {
      await api.post('/demo');
      say.done('The demo is loaded, and its connections sync now.');
      router.push('/');
      router.refresh();
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title="Demo" className="narrow-panel">
      <PanelBody>
        <p className="muted">
          Earthquakes and weather, public domain, served by this machine: connectors, connections that sync, and checks.
          {connections > 0 && ' It is added to what is here.'}
        </p>
        <div className="row" style={{ marginTop: 12 }}>
          <Button busy={busy} onClick={load}>
            Load the demo
          </Button>
        </div>
      </PanelBody>
    </Panel>
  );
}
