'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Backfill } from './models.ts';

/** The past of new checks while it is being found, and why it could not be. */
export function BackfillNote({ suiteId, backfill }: { suiteId: string; backfill: Backfill | null }) {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const queries = useQueryClient();
  if (backfill === null || (backfill.finishedAt && !backfill.failure)) return null;
  const cancel = async () => {
    setBusy(true);
    try {
      await api.post(`/suites/${suiteId}/cancel`);
      await queries.invalidateQueries({ queryKey: ['suites', suiteId] });
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel>
      <PanelBody>
        {backfill.failure ? (
          <StateMark state="warn">The past of new checks was not found: {backfill.failure.message}</StateMark>
        ) : (
          <span className="metric-foot">
            <StateMark state="run">
              Finding the past of new checks from a column of times, since <TimeAgo at={backfill.startedAt} />
            </StateMark>
            <Button size="s" busy={busy} onClick={cancel}>
              Cancel
            </Button>
          </span>
        )}
      </PanelBody>
    </Panel>
  );
}
