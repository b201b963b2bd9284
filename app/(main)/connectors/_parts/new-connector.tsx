'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';
import type { Drafted } from '#lib/draft/draft.ts';
import type { Operation } from '#lib/draft/from-openapi.ts';
import type { DraftRequest } from '#lib/draft/make-draft.ts';
import type { JsonObject } from '#lib/json.ts';
import { streamsInText } from '#lib/manifest/streams-in-text.ts';
import { AllowHost } from '../../../_components/allow-host.tsx';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { FailureNotice, Notice } from '../../../_components/notice.tsx';
import { Panel } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { forgetUnsavedTestValues } from '../../../_components/test-values.ts';
import { useProbe } from '../../../_components/use-probe.ts';
import { type DemoList, TOKEN_FIELD } from './address-fields.tsx';
import { Builder } from './builder.tsx';
import { DraftForm } from './draft-form.tsx';
import { DraftReview, PickOperations } from './draft-review.tsx';
import { FileStart } from './file-start.tsx';
import { OwnConnectors } from './own-connectors.tsx';
import { TEMPLATES } from './templates.ts';
import { forgetUnsaved, type Unsaved, unsavedConnector } from './use-draft.ts';

type Answer = Partial<Drafted> & { title?: string; operations?: readonly Operation[] };

type Opened = Pick<Drafted, 'manifest'> & Partial<Pick<Drafted, 'values'>> & { readonly name?: string };

const CRUMBS = [{ name: 'Connectors', href: '/connectors' }, { name: 'New connector' }];

/** From what people have of an API to a manifest in the builder; or from a template, or an empty page. */
export function NewConnector({ schema, demo }: { schema: JsonObject; demo: DemoList }) {
  const [request, setRequest] = useState<DraftRequest | null>(null);
  const [address, setAddress] = useState({ url: '', token: '' });
  const [opened, setOpened] = useState<Opened | null>(null);
  const probe = useProbe<Answer>();
  const ask = (next: DraftRequest) => {
    setRequest(next);
    void probe.ask({ kind: 'draft', draft: next });
  };
  if (opened)
    return (
      <Page crumbs={CRUMBS} bare>
        <Builder
          connector={null}
          name={opened.name || firstStream(opened.manifest)}
          manifest={opened.manifest}
          {...(opened.values && { values: opened.values })}
          schema={schema}
        />
      </Page>
    );
  const { result, failure } = probe;
  const isRefused = request?.from === 'url' && result?.unread?.reason === 'refused';
  const askList = (url: string) => {
    const token = address.token || (result?.values?.api_token ?? '');
    setAddress({ url, token });
    ask({ from: 'url', url, ...(token && { token }) });
  };
  return (
    <Page crumbs={CRUMBS}>
      <PageHead title="New connector">
        Start from what you have of the API. Weir calls the address that you give, and nobody else; what the answers
        mean is worked out on this machine.
      </PageHead>
      <div className="stack">
        <Unfinished onOpen={(unsaved) => setOpened(unsaved)} />
        <Panel title="From what you have" className="draft">
          <DraftForm
            demo={demo}
            address={address}
            onAddress={setAddress}
            refused={isRefused}
            busy={probe.status === 'running'}
            onDraft={ask}
            onManifest={(manifest) => setOpened({ manifest })}
            onStop={probe.reset}
          />
        </Panel>
        {failure && (
          <FailureNotice
            failure={failure}
            alert
            actions={request && <AllowHost failure={failure} reason="new connector" onAllowed={() => ask(request)} />}
          />
        )}
        {result?.operations && request && (
          <PickOperations
            key={result.title}
            title={result.title ?? ''}
            operations={result.operations}
            busy={probe.status === 'running'}
            onPick={(picked) => ask({ ...request, picked })}
          />
        )}
        {result?.manifest !== undefined && (
          <DraftReview
            drafted={result as Drafted}
            onOpen={() => setOpened(result as Drafted)}
            onToken={request?.from === 'url' ? () => document.getElementById(TOKEN_FIELD)?.focus() : null}
            onList={askList}
          />
        )}
        <Panel title="From a file" className="draft">
          <FileStart onOpen={(manifest) => setOpened({ manifest })} />
        </Panel>
        <OwnConnectors onOpen={(manifest) => setOpened({ manifest })} />
        <h2>Or from a template</h2>
        <Templates />
      </div>
    </Page>
  );
}

/** What was being written when this page was left before the first version was saved. */
function Unfinished({ onOpen }: { onOpen: (unsaved: Unsaved) => void }) {
  const [unsaved, setUnsaved] = useState<Unsaved | null>(null);
  // The server does not know it: it is looked for once the page is there.
  useEffect(() => setUnsaved(unsavedConnector()), []);
  if (unsaved === null) return null;
  return (
    <Notice
      state="wait"
      title={`A connector that was not saved yet${unsaved.name ? `: ${unsaved.name}` : ''}`}
      actions={
        <>
          <Button onClick={() => onOpen(unsaved)}>Go on with it</Button>
          <Button
            kind="ghost"
            onClick={() => {
              forgetUnsaved();
              forgetUnsavedTestValues();
              setUnsaved(null);
            }}
          >
            Forget it
          </Button>
        </>
      }
    >
      Left <TimeAgo at={unsaved.at} />; it is kept in this browser.
    </Notice>
  );
}

/** A name to begin with: that of the first stream. */
function firstStream(manifest: string): string {
  return streamsInText(manifest)[0]?.name ?? '';
}

function Templates() {
  return (
    <ul className="starts">
      {TEMPLATES.map(({ id, title, description }) => (
        <li key={id}>
          <Link href={`/connectors/new?from=${id}`} className="start">
            <b className="strong">{title}</b>
            <span className="muted">{description}</span>
          </Link>
        </li>
      ))}
      <li>
        <Link href="/connectors/new?from=empty" className="start">
          <b className="strong">Nothing</b>
          <span className="muted">An empty editor, for who knows the language.</span>
        </Link>
      </li>
    </ul>
  );
}
