'use client';

import { useEffect, useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { YamlDiff } from '../../../_components/editor/yaml-diff.tsx';
import { Skeleton } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Suite } from './models.ts';

interface SuiteConflictProps {
  readonly suiteId: string;
  readonly mine: string;
  readonly onClose: () => void;
  readonly onTheirs: (theirs: Suite) => void;
  readonly onMine: (theirs: Suite) => void;
}

/** Somebody else saved the suite in the meantime: both texts side by side, and one of them is chosen. */
export function SuiteConflict({ suiteId, mine, onClose, onTheirs, onMine }: SuiteConflictProps) {
  const [theirs, setTheirs] = useState<Suite | null>(null);
  const { failed } = useSay();
  useEffect(() => {
    api.get<Suite>(`/suites/${suiteId}`).then(setTheirs, failed);
  }, [suiteId, failed]);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Somebody else has saved this suite"
      description="On the left what they saved, on the right what stands in your editor. Nothing is written until you choose."
      wide
      footer={
        theirs && (
          <>
            <Button onClick={() => onTheirs(theirs)}>Take theirs into the editor</Button>
            <Button kind="primary" onClick={() => onMine(theirs)}>
              Save mine over theirs
            </Button>
          </>
        )
      }
    >
      {theirs ? <YamlDiff before={theirs.text} after={mine} label="Theirs and yours" /> : <Skeleton rows={8} />}
    </Dialog>
  );
}
