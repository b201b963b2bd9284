'use client';

import { Button } from '../../../_components/button.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { type Run, unreadText } from './models.ts';
import { useRunChecks } from './use-run-checks.ts';

/** What the last run left out, since nobody had asked for the bucket to be read. */
export function UnreadNote({ suiteId, run }: { suiteId: string; run: Run | null }) {
  const { start, busy } = useRunChecks(suiteId);
  if (!run?.finishedAt || run.unread.length === 0) return null;
  return (
    <Panel>
      <PanelBody>
        <span className="metric-foot">
          <StateMark state="wait">
            Not measured after the sync, since the bucket would have to be read: {unreadText(run)}. What the load did
            not tell stands as it was last measured.
          </StateMark>
          <Button size="s" busy={busy} onClick={start}>
            Read the bucket
          </Button>
        </span>
      </PanelBody>
    </Panel>
  );
}
