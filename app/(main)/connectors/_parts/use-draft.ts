'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, api, failureOf } from '../../../_components/api.ts';
import { useSay } from '../../../_components/toast.tsx';

const SETTLE_MS = 1_200;
/** A connector that is not saved yet is kept here; manifests hold no secrets. */
const UNSAVED = 'weir.unsaved-connector';

export interface Unsaved {
  readonly name: string;
  readonly manifest: string;
  /** As ISO. */
  readonly at: string;
}

/** What somebody was writing when the page was left before the first version; null when there is nothing. */
export function unsavedConnector(): Unsaved | null {
  try {
    return JSON.parse(localStorage.getItem(UNSAVED) ?? 'null') as Unsaved | null;
  } catch {
    return null;
  }
}

export function forgetUnsaved(): void {
  localStorage.removeItem(UNSAVED);
}

interface Stored {
  /** What the page began with. */
  readonly manifest: string;
  readonly draftAt: string | null;
}

/**
 * Keeps what is typed: on the server once the connector exists, before that in this browser. Somebody else's newer text is never
 * written over: `conflict` says that there is one, until one of the two is chosen.
 */
export function useDraft(
  connectorId: string | null,
  { name, manifest }: { name: string; manifest: string },
  stored: Stored,
) {
  const [savedAt, setSavedAt] = useState<Date | null>(null);
  const [conflict, setConflict] = useState(false);
  const [notKept, setNotKept] = useState<string | null>(null);
  const kept = useRef(stored.manifest);
  const draftAt = useRef(stored.draftAt);
  const latest = useRef({ name, manifest });
  const say = useRef(useSay());
  latest.current = { name, manifest };

  const keep = useCallback(async () => {
    const text = latest.current.manifest;
    if (text === kept.current) return;
    if (connectorId === null) {
      keepHere({ name: latest.current.name, manifest: text, at: new Date().toISOString() });
    } else {
      const answer = await api.put<{ draftAt: string }>(`/connectors/${connectorId}/draft`, {
        manifest: text,
        basedOn: draftAt.current,
      });
      draftAt.current = answer.draftAt;
    }
    kept.current = text;
    setSavedAt(new Date());
    setNotKept(null);
  }, [connectorId]);
  const refused = useCallback((error: unknown) => {
    if (error instanceof ApiError && error.failure.code === 'newer_draft') setConflict(true);
    else setNotKept(failureOf(error).message);
  }, []);

  useEffect(() => {
    if (conflict || manifest === kept.current) return;
    const timer = setTimeout(() => keep().catch(refused), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [manifest, conflict, keep, refused]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (latest.current.manifest !== kept.current) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => {
      window.removeEventListener('beforeunload', ask);
      // Another page of Weir: what the pause had not kept yet is kept now, and if it can't be, that page says so.
      keep().catch(say.current.failed);
    };
  }, [keep]);
  return {
    savedAt,
    conflict,
    /** Why the draft could not be kept the last time. */
    notKept,
    showConflict: () => setConflict(true),
    /** Nothing was chosen: nothing is written, and the next change asks again. */
    hideConflict: () => setConflict(false),
    /** One of the two was chosen: from now on drafts are written over the one of that time. */
    settle: (time: string | null, isKept: string) => {
      draftAt.current = time;
      kept.current = isKept;
      setConflict(false);
    },
    /** After a version was saved nothing is left to keep. */
    forget: () => {
      kept.current = latest.current.manifest;
      if (connectorId === null) forgetUnsaved();
    },
  };
}

/** A browser that stores nothing still asks before the page is left. */
function keepHere(unsaved: Unsaved): void {
  localStorage.setItem(UNSAVED, JSON.stringify(unsaved));
}
