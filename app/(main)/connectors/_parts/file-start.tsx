'use client';

import { type FormEvent, useState } from 'react';
import { TOO_LARGE_HINT, UPLOAD_BYTES } from '#lib/connections/upload-limit.ts';
import type { Failure } from '#lib/errors.ts';
import { isJsonObject } from '#lib/json.ts';
import { ApiError, api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { formatBytes, formatBytesOf } from '../../../_components/format.ts';
import { FailureNotice, Notice } from '../../../_components/notice.tsx';
import { fileManifest, filePlace, uploadPlace } from './file-manifest.ts';

/** Files at an address, in a bucket or in a folder of the server, or one that is sent here: each becomes a manifest in the builder. */
export function FileStart({ onOpen }: { onOpen: (manifest: string) => void }) {
  const [url, setUrl] = useState('');
  const [file, setFile] = useState<File | null>(null);
  /** Bytes of the file that have left; null while none is on its way. */
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const place = filePlace(url);
    const problem =
      file || place
        ? undefined
        : 'Give an address that starts with https:// or s3://, a path of the server that starts with /, or choose a file.';
    setError(problem);
    setFailure(null);
    if (problem) return;
    if (!file) return place ? onOpen(fileManifest(place)) : undefined;
    if (file.size > UPLOAD_BYTES) return setFailure(tooLarge(file));
    setSent(0);
    try {
      const { id } = await sendFile(file, setSent);
      onOpen(fileManifest(uploadPlace(id, file.name)));
    } catch (thrown) {
      setFailure(
        thrown instanceof ApiError ? thrown.failure : { kind: 'bug', code: 'upload', message: String(thrown) },
      );
    } finally {
      setSent(null);
    }
  };
  return (
    <form className="body stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        id="file-url"
        label="Address of a file, or of many"
        hint="https://…, s3://bucket/orders/*.csv, or /data/orders-*.csv in a folder of the server that its operator lists in WEIR_FILE_ROOTS. CSV, TSV, JSON lines, JSON, Parquet or Excel; gzip, zstd and zip are unpacked."
        error={error}
      >
        <input
          className="input"
          type="text"
          inputMode="url"
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
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            setFailure(null);
          }}
          {...fieldControl('file-upload', undefined, true)}
        />
      </Field>
      {failure && <FailureNotice failure={failure} alert />}
      {file && sent !== null && (
        <Notice state="run" title={`${file.name} is on its way: ${formatBytesOf(sent, file.size)}.`} />
      )}
      <div>
        <Button type="submit" busy={sent !== null}>
          Open in the builder
        </Button>
      </div>
    </form>
  );
}

/** The file streams as it is: no form holds it in memory. `fetch` would not say how far it is. */
async function sendFile(file: File, onSent: (bytes: number) => void): Promise<{ id: string }> {
  const { status, text } = await new Promise<{ status: number; text: string }>((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', api.url(`/uploads?name=${encodeURIComponent(file.name)}`));
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => done({ status: request.status, text: request.responseText });
    request.onerror = () => failed(new ApiError(0, brokenOff(file)));
    request.send(file);
  });
  const answer = jsonOrNull(text);
  if (status < 400 && isJsonObject(answer) && typeof answer.id === 'string') return { id: answer.id };
  throw new ApiError(status, refusalIn(answer) ?? unreadable(status));
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Told before a minute of sending is lost. */
function tooLarge({ name, size }: File): Failure {
  const message = `${name} has ${formatBytes(size)}; an upload takes at most ${formatBytes(UPLOAD_BYTES)}.`;
  return { kind: 'config', code: 'too_large', message, hint: TOO_LARGE_HINT };
}

function brokenOff({ name }: File): Failure {
  const message = `The connection broke off while ${name} was sent.`;
  return { kind: 'transient', code: 'upload', message, hint: 'Try again; a proxy before Weir may limit uploads.' };
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
