'use client';

import { type FormEvent, useState } from 'react';
import type { DraftRequest } from '#lib/draft/make-draft.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { PanelTabs, TabPanel } from '../../../_components/tabs.tsx';
import { type Address, AddressFields, type DemoList } from './address-fields.tsx';
import { trimHar } from './trim-har.ts';

/** A manifest needs no proposal: it is opened as it is. */
type From = DraftRequest['from'] | 'manifest';

const TABS: readonly { id: From; label: string }[] = [
  { id: 'url', label: 'Address' },
  { id: 'curl', label: 'cURL' },
  { id: 'openapi', label: 'OpenAPI' },
  { id: 'har', label: 'Recording' },
  { id: 'manifest', label: 'Manifest' },
];
const LONGEST = 3_000_000;

interface Props {
  readonly demo: DemoList;
  readonly address: Address;
  readonly onAddress: (address: Address) => void;
  /** The API refused the last request for an address. */
  readonly refused: boolean;
  readonly busy: boolean;
  readonly onDraft: (request: DraftRequest) => void;
  readonly onManifest: (manifest: string) => void;
  readonly onStop: () => void;
}

/** What people have of an API before they have a connector: an address, a command, a document, or a browser that shows its data. */
export function DraftForm({ demo, address, onAddress, refused, busy, onDraft, onManifest, onStop }: Props) {
  const [from, setFrom] = useState<From>('url');
  const [documentUrl, setDocumentUrl] = useState('');
  const [text, setText] = useState<Partial<Record<From, string>>>({});
  const [error, setError] = useState<string>();
  const choose = (value: string) => {
    setFrom(value as From);
    setError(undefined);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = text[from]?.trim() ?? '';
    const url = from === 'url' ? address.url : documentUrl;
    const problem = problemOf(from, { url, body });
    setError(problem);
    if (problem) return;
    if (from === 'manifest') return onManifest(text.manifest ?? '');
    const needsUrl = from === 'url' || (from === 'openapi' && body === '');
    onDraft({
      from,
      ...(needsUrl && { url: url.trim() }),
      ...(body !== '' && { text: body }),
      ...(from === 'url' && address.token.trim() !== '' && { token: address.token.trim() }),
    });
  };
  const readFile = async (file: File | undefined) => {
    if (!file) return;
    const whole = await file.text();
    setText((old) => ({ ...old, [from]: from === 'har' ? trimHar(whole) : whole }));
    setError(undefined);
  };
  const area = (id: From, rows: number, placeholder: string) => (
    <textarea
      className="input code"
      rows={rows}
      placeholder={placeholder}
      spellCheck={false}
      value={text[id] ?? ''}
      onChange={(event) => setText((old) => ({ ...old, [id]: event.target.value }))}
      {...fieldControl(`draft-${id}`, error, true)}
    />
  );
  const file = (accept: string, label: string) => (
    <input
      className="small"
      type="file"
      accept={accept}
      aria-label={label}
      onChange={(event) => void readFile(event.target.files?.[0])}
    />
  );
  return (
    <form onSubmit={submit} noValidate>
      <PanelTabs label="What to start from" tabs={TABS} value={from} onChange={choose}>
        <div className="body stack">
          <TabPanel value="url" className="stack">
            <AddressFields address={address} onAddress={onAddress} demo={demo} error={error} refused={refused} />
          </TabPanel>
          <TabPanel value="curl">
            <Field
              id="draft-curl"
              label="cURL command"
              error={error}
              hint="From the API’s documentation, or from a browser’s network panel with Copy as cURL. Weir runs the request, and once more for the next page."
            >
              {area('curl', 5, "curl 'https://api.example.com/v1/orders' -H 'Authorization: Bearer …'")}
            </Field>
          </TabPanel>
          <TabPanel value="openapi" className="stack">
            <Field id="draft-openapi-url" label="Address of the document" optional hint="Or paste or choose it below.">
              <input
                className="input"
                inputMode="url"
                autoComplete="off"
                placeholder="https://api.example.com/openapi.json"
                value={documentUrl}
                onChange={(event) => setDocumentUrl(event.target.value)}
                {...fieldControl('draft-openapi-url', undefined, true)}
              />
            </Field>
            <Field id="draft-openapi" label="OpenAPI 3 document" error={error} hint="JSON or YAML.">
              {area('openapi', 5, 'openapi: 3.1.0')}
            </Field>
            {file('.json,.yaml,.yml', 'Choose an OpenAPI document')}
          </TabPanel>
          <TabPanel value="har" className="stack">
            <Field
              id="draft-har"
              label="HAR recording"
              error={error}
              hint="In the browser’s network panel: Save all as HAR with content. Only its JSON answers leave this page."
            >
              {area('har', 3, '{"log": {"entries": […]}}')}
            </Field>
            {file('.har,.json', 'Choose a HAR recording')}
          </TabPanel>
          <TabPanel value="manifest" className="stack">
            <Field
              id="draft-manifest"
              label="Manifest"
              error={error}
              hint="YAML or JSON. Airbyte’s low-code manifests run as they are."
            >
              {area('manifest', 8, 'version: 6.0.0\ntype: DeclarativeSource')}
            </Field>
            {file('.yaml,.yml,.json', 'Choose a manifest')}
          </TabPanel>
          <div className="row">
            <Button kind="primary" type="submit" busy={busy}>
              {from === 'manifest' ? 'Open in the editor' : 'Propose a connector'}
            </Button>
            {busy && <Button onClick={onStop}>Stop</Button>}
            {from === 'url' && !busy && (
              <Button kind="ghost" onClick={() => onAddress(demo)}>
                Try it with the demo
              </Button>
            )}
          </div>
        </div>
      </PanelTabs>
    </form>
  );
}

function problemOf(from: From, { url, body }: { url: string; body: string }): string | undefined {
  if (body.length > LONGEST) return `It is larger than ${LONGEST / 1_000_000} MB: keep only what the connector needs.`;
  if (from === 'url') return url.trim() === '' ? 'Enter the address of a list that the API gives.' : undefined;
  if (from === 'openapi') return url.trim() === '' && body === '' ? 'Enter its address, or paste it.' : undefined;
  return body === '' ? 'Paste it here.' : undefined;
}
