'use client';

import Link from 'next/link';
import { useState } from 'react';
import type { Connector, ConnectorVersion } from '#lib/connections/connectors.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { YamlDiff } from '../../../_components/editor/yaml-diff.tsx';
import { Table } from '../../../_components/panel.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly connector: Wire<Connector>;
  /** The text in the editor, to compare with. */
  readonly manifest: string;
  /** Puts the text of an older version into the editor, as a draft. */
  readonly onRestore: (manifest: string) => void;
}

/** All versions: each can be compared with the text in the editor, and put there to go on from. */
export function Versions({ open, onOpenChange, connector, manifest, onRestore }: Props) {
  const [busy, setBusy] = useState<number | null>(null);
  const [compared, setCompared] = useState<{ version: number; manifest: string } | null>(null);
  const say = useSay();
  const fetched = async (version: number, use: (manifest: string) => void) => {
    setBusy(version);
    try {
      use((await api.get<Wire<ConnectorVersion>>(`/connectors/${connector.id}/versions/${version}`)).manifest);
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(null);
    }
  };
  const restore = (version: number) =>
    fetched(version, (text) => {
      onRestore(text);
      say.done(`Version ${version} is in the editor; save it to make it the newest`);
    });
  const compare = (version: number) => fetched(version, (text) => setCompared({ version, manifest: text }));
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Versions of ${connector.name}`} wide>
      <Table className="cards" label="Versions" head={<Head />}>
        {connector.versions.map((version) => (
          <tr key={version.id}>
            <td className="num" data-k="Version">
              {version.version}
            </td>
            <td data-k="What changed">
              {version.note ?? <span className="faint">—</span>}
              {version.pinnedBy.length > 0 && (
                <span className="sub">
                  Stay with it:{' '}
                  {version.pinnedBy.map(({ id, name }, index) => (
                    <span key={id}>
                      {index > 0 && ', '}
                      <Link className="link" href={`/connections/${id}/edit`}>
                        {name}
                      </Link>
                    </span>
                  ))}
                </span>
              )}
              {version.failingReason && (
                <span className="st s-warn small">
                  <StateIcon state="warn" />
                  tests failed: {version.failingReason}
                </span>
              )}
            </td>
            <td data-k="By">{version.createdBy ?? <span className="faint">—</span>}</td>
            <td data-k="Saved">
              <TimeAgo at={version.createdAt} />
            </td>
            <td className="r">
              <Button size="s" kind="ghost" onClick={() => void compare(version.version)}>
                Compare version {version.version}
              </Button>
              <Button size="s" busy={busy === version.version} onClick={() => void restore(version.version)}>
                Edit from version {version.version}
              </Button>
            </td>
          </tr>
        ))}
      </Table>
      {compared && (
        <>
          <h3>Version {compared.version}, and the text in the editor</h3>
          <YamlDiff before={compared.manifest} after={manifest} label={`Version ${compared.version}`} />
        </>
      )}
    </Dialog>
  );
}

function Head() {
  return (
    <>
      <th>Version</th>
      <th>What changed</th>
      <th>By</th>
      <th>Saved</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}
