'use client';

import { useState } from 'react';
import type { Connector, ConnectorVersion } from '#lib/connections/connectors.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly connector: Wire<Connector>;
  /** Puts the text of an older version into the editor, as a draft. */
  readonly onRestore: (manifest: string) => void;
}

export function Versions({ open, onOpenChange, connector, onRestore }: Props) {
  const [busy, setBusy] = useState<number | null>(null);
  const say = useSay();
  const restore = async (version: number) => {
    setBusy(version);
    try {
      const { manifest } = await api.get<Wire<ConnectorVersion>>(`/connectors/${connector.id}/versions/${version}`);
      onRestore(manifest);
      say.done(`Version ${version} is in the editor; save it to make it the newest`);
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(null);
    }
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Versions of ${connector.name}`} wide>
      <table>
        <thead>
          <tr>
            <th>Version</th>
            <th>What changed</th>
            <th>By</th>
            <th>Saved</th>
            <th>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {connector.versions.map((version) => (
            <tr key={version.id}>
              <td className="num">{version.version}</td>
              <td>{version.note ?? <span className="faint">—</span>}</td>
              <td>{version.createdBy ?? <span className="faint">—</span>}</td>
              <td>
                <TimeAgo at={version.createdAt} />
              </td>
              <td className="r">
                <Button size="s" busy={busy === version.version} onClick={() => restore(version.version)}>
                  Edit from version {version.version}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
