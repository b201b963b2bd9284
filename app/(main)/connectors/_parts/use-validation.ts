'use client';

import { useEffect, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { partOfText, type TextPart } from '#lib/manifest/part-of-text.ts';
import { api } from '../../../_components/api.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';

/** After a key, the stream around it is looked at almost at once; the whole waits about as long as its last look took. */
const PART_PAUSE_MS = 30;
const SHORTEST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 1_000;
/** When the service did not answer. */
const TRY_AGAIN_MS = 2_000;
/** A smaller text is as soon looked at whole. */
const WORTH_A_PART = 30_000;

export interface Validation {
  readonly issues: readonly EditorIssue[];
  readonly spec: JsonObject | null;
  readonly streams: readonly { name: string; isIncremental: boolean }[];
}

/** A text, and the line where it was changed last. */
export interface Edited {
  readonly text: string;
  readonly line: number;
}

const NOTHING: Validation = { issues: [], spec: null, streams: [] };

/**
 * What our parser says of the text, shortly after the last key. In a large text the stream that is being edited is looked at first, alone; the
 * whole follows. Streams and spec of the last text that parsed stay.
 */
export function useValidation(edited: Edited): Validation & { readonly checked: string | null } {
  const [answer, setAnswer] = useState<Validation>(NOTHING);
  const [checked, setChecked] = useState<string | null>(null);
  const pauseMs = useRef(SHORTEST_PAUSE_MS);
  const whole = useRef<{ issues: readonly EditorIssue[]; lines: number } | null>(null);
  useEffect(() => {
    let stale = false;
    const { text, line } = edited;
    const isLarge = text.length > WORTH_A_PART;
    const lookAtPart = async () => {
      const part = partOfText(text, line);
      const before = whole.current;
      if (part === null || before === null) return;
      const next = await validated(part.text);
      if (stale || next === null) return;
      const lines = text.split('\n').length;
      setAnswer((old) => ({ ...old, issues: merged(before, { part, issues: next.issues, lines }) }));
    };
    const lookAtWhole = async () => {
      const askedAt = performance.now();
      const next = await validated(text);
      const tookMs = performance.now() - askedAt;
      pauseMs.current = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, isLarge ? tookMs * 2 : tookMs / 2));
      if (stale) return;
      if (next === null) {
        timers.push(setTimeout(() => void lookAtWhole(), TRY_AGAIN_MS));
        return;
      }
      whole.current = { issues: next.issues, lines: text.split('\n').length };
      setAnswer((old) => (next.streams.length > 0 ? next : { ...old, issues: next.issues }));
      setChecked(text);
    };
    const timers = [
      ...(isLarge ? [setTimeout(() => void lookAtPart(), PART_PAUSE_MS)] : []),
      setTimeout(() => void lookAtWhole(), pauseMs.current),
    ];
    return () => {
      stale = true;
      for (const timer of timers) clearTimeout(timer);
    };
  }, [edited]);
  return { ...answer, checked };
}

/** Null when the service does not answer: what was said before stays until it does. */
async function validated(manifest: string): Promise<Validation | null> {
  return api.post<Validation>('/manifests/validate', { manifest }).catch(() => null);
}

interface PartAnswer {
  readonly part: TextPart;
  readonly issues: readonly EditorIssue[];
  /** Lines of the whole text now. */
  readonly lines: number;
}

/** What the whole had, moved by the lines that came or went, with the part's own piece looked at anew. Broken YAML is told wherever it shows. */
export function merged(
  before: { readonly issues: readonly EditorIssue[]; readonly lines: number },
  { part, issues, lines }: PartAnswer,
): EditorIssue[] {
  const more = lines - before.lines;
  const above = before.issues.filter((issue) => issue.line < part.from);
  const below = before.issues
    .filter((issue) => issue.line > part.to - more)
    .map((issue) => ({ ...issue, line: issue.line + more, endLine: issue.endLine + more }));
  const lineOf = (line: number) => part.lines[line - 1] ?? part.to;
  const inside = issues
    .map((issue) => ({ ...issue, line: lineOf(issue.line), endLine: lineOf(issue.endLine) }))
    .filter(({ line, code }) => (line >= part.from && line <= part.to) || code.startsWith('yaml_'));
  return [...above, ...inside, ...below];
}
