'use client';

import { useEffect, useRef, useState } from 'react';

const SETTLE_MS = 800;

/** A suite's text as somebody left it without saving. */
export interface KeptSuite {
  readonly name: string;
  readonly text: string;
  /** As ISO. */
  readonly at: string;
}

interface Typed {
  readonly name: string;
  readonly text: string;
  /** Nobody has typed it. */
  readonly isStart: boolean;
}

/** Keeps what is typed in this browser until it is saved; `found` is what was left here the last time. */
export function useKeptSuite(suiteId: string | null, now: Typed) {
  const key = `weir.unsaved-suite.${suiteId ?? 'new'}`;
  const [found, setFound] = useState<KeptSuite | null>(null);
  const latest = useRef(now);
  const kept = useRef(now);
  latest.current = now;

  useEffect(() => setFound(read(key)), [key]);
  useEffect(() => {
    /** False where the browser stores nothing. */
    const keep = () => {
      const { name, text, isStart } = latest.current;
      if (isStart) return true;
      if (name === kept.current.name && text === kept.current.text) return true;
      if (!write(key, { name, text, at: new Date().toISOString() })) return false;
      kept.current = latest.current;
      return true;
    };
    const timer = setInterval(keep, SETTLE_MS);
    const leave = (event: BeforeUnloadEvent) => {
      if (!keep()) event.preventDefault();
    };
    window.addEventListener('beforeunload', leave);
    return () => {
      clearInterval(timer);
      window.removeEventListener('beforeunload', leave);
      keep();
    };
  }, [key]);
  return {
    found,
    /** Nothing is left to keep: it was saved, or nobody wants it. */
    forget: () => {
      kept.current = latest.current;
      setFound(null);
      remove(key);
    },
    /** It stands in the editor now. */
    taken: () => setFound(null),
  };
}

function read(key: string): KeptSuite | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as KeptSuite | null;
  } catch {
    return null;
  }
}

function remove(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Where it is switched off nothing was kept.
  }
}

/** False where it is full, or switched off. */
function write(key: string, suite: KeptSuite): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(suite));
    return true;
  } catch {
    return false;
  }
}
