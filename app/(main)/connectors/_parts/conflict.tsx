'use client';

import { useEffect, useState } from 'react';
import type { Connector } from '#lib/connections/connectors.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { YamlDiff } from '../../../_components/editor/yaml-diff.tsx';
import { Skeleton } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';

interface Props {
  readonly connectorId: string;
  readonly mine: string;
  readonly onClose: () => void;
  /** Theirs goes into the editor, as one step that can be undone. */
  readonly onTheirs: (theirs: Wire<Connector>) => void;
  /** Mine stays, and is written over theirs. */
  readonly onMine: (theirs: Wire<Connector>) => void;
}

/** Somebody else changed the connector in the meantime: both texts side by side, and one of them is chosen. */
export function Conflict({ connectorId, mine, onClose, onTheirs, onMine }: Props) {
  const [theirs, setTheirs] = useState<Wire<Connector> | null>(null);
  const { failed } = useSay();
  useEffect(() => {
    api.get<Wire<Connector>>(`/connectors/${connectorId}`).then(setTheirs, failed);
  }, [connectorId, failed]);
  const by = theirs?.draft === null ? theirs.latest?.createdBy : null;
  const what = theirs?.draft === null ? `version ${theirs.latest?.version}${by ? ` of ${by}` : ''}` : 'their draft';
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Somebody else has changed this connector"
      description="Nothing of theirs or of yours is lost until you choose. A version of theirs stays in the list of versions."
      wide
      footer={
        theirs && (
          <>
            <Button onClick={() => onTheirs(theirs)}>Take theirs into the editor</Button>
            <Button kind="primary" onClick={() => onMine(theirs)}>
              Go on with mine
            </Button>
          </>
        )
      }
    >
      {theirs ? (
        <>
          <p className="small">On the left {what}, on the right what stands in your editor.</p>
          <YamlDiff before={textOf(theirs)} after={mine} label="Theirs and yours" />
        </>
      ) : (
        <Skeleton rows={8} />
      )}
    </Dialog>
  );
}

/** What somebody who opens the connector now would see. */
export function textOf(connector: Wire<Connector>): string {
  return connector.draft ?? connector.latest?.manifest ?? '';
}
