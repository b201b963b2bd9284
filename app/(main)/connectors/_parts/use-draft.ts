'use client';

import { useEffect, useRef, useState } from 'react';
import { api } from '../../../_components/api.ts';

const SETTLE_MS = 1_200;

/** Keeps what is typed: on the server once the connector exists; before that, leaving the page asks first. */
export function useDraft(connectorId: string | null, manifest: string, stored: string | null) {
  const [savedAt, setSavedAt] = useState<Date | null>(null);
  const kept = useRef(stored ?? manifest);
  useEffect(() => {
    if (connectorId === null || manifest === kept.current) return;
    const timer = setTimeout(async () => {
      await api.put(`/connectors/${connectorId}/draft`, { manifest });
      kept.current = manifest;
      setSavedAt(new Date());
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [connectorId, manifest]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (manifest !== kept.current) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [manifest]);
  return {
    savedAt,
    /** After a version was saved nothing is left to keep. */
    forget: () => {
      kept.current = manifest;
    },
  };
}
