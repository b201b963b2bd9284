'use client';

import Link from 'next/link';
import { useRef } from 'react';
import type { Connector } from '#lib/connections/connectors.ts';
import { Button } from '../../../_components/button.tsx';
import { Menu, MenuItem } from '../../../_components/menu.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';

interface Props {
  readonly name: string;
  /** Null once the name is fixed. */
  readonly onName: ((name: string) => void) | null;
  readonly connector: Wire<Connector> | null;
  /** The newest version that the text goes on from; null before the first. */
  readonly version: number | null;
  readonly changed: boolean;
  readonly savedAt: Date | null;
  /** Why no version can be saved; null when one can. */
  readonly problem: string | null;
  readonly stream: string | null;
  readonly testing: boolean;
  /** Why the draft could not be kept. */
  readonly notKept: string | null;
  readonly onVersions: () => void;
  readonly onDownload: () => void;
  /** A file's text goes into the editor. */
  readonly onOpenFile: (text: string) => void;
  readonly onSave: () => void;
  readonly onTest: () => void;
  readonly onStop: () => void;
}

/** Name, version and the two things to do: save a version, test. */
export function VersionBar(props: Props) {
  const { connector, problem, version: latest } = props;
  return (
    <div className="vbar">
      {props.onName ? (
        <>
          <h1 className="vh">New connector</h1>
          <input
            className="input name"
            aria-label="Name of the connector"
            placeholder="Name, such as shop-api"
            value={props.name}
            onChange={(event) => props.onName?.(event.target.value)}
          />
        </>
      ) : (
        <h1 className="clip">{props.name}</h1>
      )}
      <span className="tag">
        {latest === null ? 'draft' : props.changed ? `draft of v${latest + 1}` : `v${latest}`}
      </span>
      {props.savedAt && (
        <span className="muted small nowrap hide-s">draft kept {props.savedAt.toTimeString().slice(0, 8)}</span>
      )}
      {props.notKept !== null && (
        <span className="st s-warn small clip" role="status" title={props.notKept}>
          <StateIcon state="warn" />
          Draft not kept: {props.notKept}
        </span>
      )}
      <span className="grow" />
      <FileMenu name={props.name} onDownload={props.onDownload} onOpenFile={props.onOpenFile} />
      {connector !== null && connector.versions.length > 0 && (
        <Button icon="history" onClick={props.onVersions}>
          Versions
        </Button>
      )}
      {connector !== null && latest !== null && (
        <Link className="btn" href={`/sources/new?connector=${connector.id}&then=connection`}>
          New source
        </Link>
      )}
      <Button
        onClick={() => problem === null && props.onSave()}
        aria-disabled={problem !== null}
        title={problem ?? undefined}
      >
        Save version{latest === null ? '' : ` ${latest + 1}`}
      </Button>
      {props.testing ? (
        <Button icon="stop" onClick={props.onStop}>
          Stop
        </Button>
      ) : (
        <Button kind="primary" icon="play" onClick={props.onTest} aria-disabled={props.stream === null}>
          Test {props.stream ?? ''} <kbd>⌘↵</kbd>
        </Button>
      )}
    </div>
  );
}

/** The manifest as a file, out of the editor and into it. */
function FileMenu({ name, onDownload, onOpenFile }: Pick<Props, 'name' | 'onDownload' | 'onOpenFile'>) {
  const input = useRef<HTMLInputElement>(null);
  const say = useSay();
  const open = async (file: File) => {
    onOpenFile(await file.text());
    say.done(`${file.name} is in the editor`);
  };
  return (
    <>
      <Menu trigger={<Button icon="more" className="icon" aria-label={`File of ${name || 'the connector'}`} />}>
        <MenuItem icon="download" onSelect={onDownload}>
          Download as a file
        </MenuItem>
        <MenuItem icon="plus" onSelect={() => input.current?.click()}>
          Open a file…
        </MenuItem>
      </Menu>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Manifest from a file"
        accept=".yaml,.yml,.json,.txt"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file) open(file).catch(say.failed);
        }}
      />
    </>
  );
}
