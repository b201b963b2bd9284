'use client';

import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import { failureOf } from './api.ts';
import { Icon } from './icon.tsx';
import { StateIcon } from './state-mark.tsx';

interface Toast {
  readonly ok: boolean;
  readonly text: string;
  readonly hint?: string | undefined;
}

interface Say {
  done(text: string): void;
  failed(error: unknown): void;
}

const SHOWN_MS = 5_000;
const SayContext = createContext<Say>({ done: () => {}, failed: () => {} });

/** For what an action in a list did: `say.done('Sync 4821 started')`, `say.failed(error)`. */
export function useSay(): Say {
  return useContext(SayContext);
}

export function Toasts({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<Toast | null>(null);
  const done = useCallback((text: string) => setToast({ ok: true, text }), []);
  const failed = useCallback((error: unknown) => setToast(refusal(failureOf(error))), []);
  useEffect(() => {
    if (!toast?.ok) return;
    const timer = setTimeout(() => setToast(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <SayContext value={{ done, failed }}>
      {children}
      <div role="status" aria-live="polite">
        {toast && <ToastBox toast={toast} onClose={() => setToast(null)} />}
      </div>
    </SayContext>
  );
}

function ToastBox({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  return (
    <div className={`overlay toast ${toast.ok ? 's-ok' : 's-fail'}`}>
      <StateIcon state={toast.ok ? 'ok' : 'fail'} />
      <div className="grow">
        {toast.text}
        {toast.hint && <div className="muted small">{toast.hint}</div>}
      </div>
      <button type="button" className="btn ghost icon s" aria-label="Close the message" onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function refusal(failure: Failure): Toast {
  return { ok: false, text: failure.message, hint: failure.hint };
}
