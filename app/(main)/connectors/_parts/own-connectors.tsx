'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { OwnConnector } from '#lib/connections/own-connectors.ts';
import type { Failure } from '#lib/errors.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { plural } from '../../../_components/format.ts';
import { FailureNotice } from '../../../_components/notice.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { WithCode } from './draft-review.tsx';

/** The connectors that come with Weir: found by what they are called and read, installed with one click, or changed in the builder first. */
export function OwnConnectors({ onOpen }: { onOpen: (manifest: string) => void }) {
  const [search, setSearch] = useState('');
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const { data, error } = useQuery({
    queryKey: ['own-connectors'],
    queryFn: () => api.get<OwnConnector[]>('/own-connectors'),
  });
  const router = useRouter();
  const say = useSay();
  const run = async (id: string, work: () => Promise<void>) => {
    setBusy(id);
    setFailure(null);
    try {
      await work();
    } catch (thrown) {
      setFailure(failureOf(thrown));
    } finally {
      setBusy(null);
    }
  };
  const install = ({ id, title }: OwnConnector) =>
    run(id, async () => {
      const made = await api.post<{ id: string }>(`/own-connectors/${id}`);
      say.done(`${title} is installed`);
      router.push(`/sources/new?connector=${made.id}`);
    });
  const open = ({ id }: OwnConnector) =>
    run(id, async () => onOpen((await api.get<{ manifest: string }>(`/own-connectors/${id}`)).manifest));
  const shown = (data ?? []).filter((connector) => fits(connector, search));
  const problem = failure ?? (error ? failureOf(error) : null);
  return (
    <Panel
      title="From one of ours"
      sub={data && plural(data.length, 'connector')}
      side={
        <input
          className="input own-search"
          type="search"
          placeholder="Search"
          aria-label="Search our connectors"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      }
    >
      <PanelBody>
        {problem && <FailureNotice failure={problem} alert />}
        {data && shown.length === 0 && <p className="muted">None of ours fits “{search}”.</p>}
        <ul className="starts">
          {shown.map((connector) => (
            <li key={connector.id} className="start">
              <b className="strong">{connector.title}</b>
              <span className="muted">
                <WithCode>{connector.description}</WithCode>
              </span>
              <span className="faint">{contents(connector)}</span>
              <span className="own-actions">
                <Button
                  size="s"
                  busy={busy === connector.id}
                  aria-label={`Install ${connector.title}`}
                  onClick={() => void install(connector)}
                >
                  Install
                </Button>
                <Button
                  size="s"
                  kind="ghost"
                  aria-label={`Open in the builder: ${connector.title}`}
                  onClick={() => void open(connector)}
                >
                  Open in the builder
                </Button>
              </span>
            </li>
          ))}
        </ul>
      </PanelBody>
    </Panel>
  );
}

function fits({ id, title, description, streams }: OwnConnector, search: string): boolean {
  const text = [id, title, description, ...streams].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function contents({ streams, tests }: OwnConnector): string {
  const known = streams.length === 0 ? 'streams by its settings' : plural(streams.length, 'stream');
  return `${known} · ${plural(tests, 'test')}`;
}
