'use client';

import { useEffect, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

/** A small manifest is looked at almost at once; a large one waits about as long as the last look took. */
const SHORTEST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 600;

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
  const pauseMs = useRef(SHORTEST_PAUSE_MS);
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      const askedAt = performance.now();
      const next = await api.post<Validation>('/manifests/validate', { manifest }).catch(() => null);
      const tookMs = performance.now() - askedAt;
      pauseMs.current = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, tookMs / 2));
      if (stale || next === null) return;
      setAnswer((old) => (next.streams.length > 0 ? next : { ...old, issues: next.issues }));
      setChecked(manifest);
    }, pauseMs.current);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [manifest]);
  return { ...answer, checked };
}
