'use client';

import { type FormEvent, useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import { isJsonObject } from '#lib/json.ts';
import { ApiError, api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { fileManifest } from './file-manifest.ts';

/** A file at an address, or one that is sent here: either becomes a manifest in the builder. */
export function FileStart({ onOpen }: { onOpen: (manifest: string) => void }) {
  const [url, setUrl] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const problem =
      file || /^https?:\/\/./.test(url.trim())
        ? undefined
        : 'Give an address that starts with https://, or choose a file.';
    setError(problem);
    setFailure(null);
    if (problem) return;
    if (!file) return onOpen(fileManifest({ name: url.trim(), provider: 'https', path: url.trim() }));
    setBusy(true);
    try {
      const { id } = await sendFile(file);
      onOpen(fileManifest({ name: file.name, provider: 'upload', path: id }));
    } catch (thrown) {
      setFailure(
        thrown instanceof ApiError ? thrown.failure : { kind: 'bug', code: 'upload', message: String(thrown) },
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="body stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        id="file-url"
        label="Address of a file"
        hint="CSV, TSV, JSON lines, JSON, Parquet or Excel; gzip, zstd and zip are unpacked."
        error={error}
      >
        <input
          className="input"
          type="url"
          placeholder="https://example.com/customers.csv"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          {...fieldControl('file-url', error, true)}
        />
      </Field>
      <Field
        id="file-upload"
        label="Or a file of yours"
        hint="Up to 1 GB; it stays in this installation’s data folder."
      >
        <input
          className="input"
          type="file"
          accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json,.parquet,.xlsx,.gz,.zst,.zip"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
          {...fieldControl('file-upload', undefined, true)}
        />
      </Field>
      {failure && <FailureNotice failure={failure} alert />}
      <div>
        <Button type="submit" busy={busy}>
          Open in the builder
        </Button>
      </div>
    </form>
  );
}

/** The file streams as it is: no form holds it in memory. */
async function sendFile(file: File): Promise<{ id: string }> {
  const response = await fetch(api.url(`/uploads?name=${encodeURIComponent(file.name)}`), {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && isJsonObject(answer) && typeof answer.id === 'string') return { id: answer.id };
  throw new ApiError(response.status, refusalIn(answer) ?? unreadable(response.status));
}

/** What the service says of it, where it says anything. */
function refusalIn(answer: unknown): Failure | null {
  const error = isJsonObject(answer) ? answer.error : null;
  return isJsonObject(error) && typeof error.message === 'string' ? (error as unknown as Failure) : null;
}

function unreadable(status: number): Failure {
  const message = `The upload was not understood: Weir answered ${status} without saying why.`;
  return { kind: 'transient', code: 'upload', message, hint: 'Try again; a proxy before Weir may limit uploads.' };
}
