'use client';

import { useEffect, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

const SETTLE_MS = 200;

export interface Validation {
  readonly issues: readonly EditorIssue[];
  readonly spec: JsonObject | null;
  readonly streams: readonly { name: string }[];
}

const NOTHING: Validation = { issues: [], spec: null, streams: [] };

/** What our parser says of the text, shortly after the last key. Streams and spec of the last text that parsed stay. */
export function useValidation(manifest: string): Validation & { readonly checked: string | null } {
  const [answer, setAnswer] = useState<Validation>(NOTHING);
  const [checked, setChecked] = useState<string | null>(null);
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      const next = await api.post<Validation>('/manifests/validate', { manifest }).catch(() => null);
      if (stale || next === null) return;
      setAnswer((old) => (next.streams.length > 0 ? next : { ...old, issues: next.issues }));
      setChecked(manifest);
    }, SETTLE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [manifest]);
  return { ...answer, checked };
}
