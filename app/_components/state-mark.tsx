import type { ReactNode } from 'react';
import { type State, stateClass } from './states.ts';

const SHAPES: Record<State, ReactNode> = {
  ok: (
    <>
      <circle cx="8" cy="8" r="5.7" />
      <path d="m5.4 8.2 1.8 1.8 3.4-3.8" />
    </>
  ),
  run: (
    <>
      <circle cx="8" cy="8" r="5.7" opacity=".3" strokeWidth="2" />
      <path className="spin" d="M8 2.3A5.7 5.7 0 0 1 13.7 8" strokeWidth="2" />
    </>
  ),
  warn: (
    <>
      <path d="M8 2.4 14.2 13H1.8z" />
      <path d="M8 6.4v3M8 11.3v.1" />
    </>
  ),
  late: (
    <>
      <circle cx="8" cy="8" r="5.7" />
      <path d="M8 4.6V8l2.4 1.6" />
    </>
  ),
  retry: <path d="M13 8a5 5 0 1 1-1.5-3.5M13 2.5v2.8h-2.8" />,
  fail: (
    <>
      <path d="M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3z" fill="currentColor" />
      <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" stroke="var(--surface)" />
    </>
  ),
  block: (
    <>
      <path d="M8 1.6 13.6 3.4v4.2c0 3.4-2.3 5.7-5.6 6.9-3.3-1.2-5.6-3.5-5.6-6.9V3.4z" fill="currentColor" />
      <path d="M5.4 7.6h5.2" stroke="var(--surface)" strokeWidth="2" />
    </>
  ),
  off: (
    <>
      <circle cx="8" cy="8" r="5.7" />
      <path d="M6.5 6v4M9.5 6v4" />
    </>
  ),
  wait: <circle cx="8" cy="8" r="5.7" strokeDasharray="2.2 2.2" />,
};

/** A state's icon alone, for places where its word stands elsewhere. */
export function StateIcon({ state }: { state: State }) {
  return (
    <svg className="i" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

/** Icon, word and colour, always together. `pill` puts it on its tint, for page heads. */
export function StateMark({
  state,
  children,
  pill = false,
  className = '',
}: {
  state: State;
  children: ReactNode;
  pill?: boolean;
  className?: string;
}) {
  return (
    <span className={`st ${stateClass(state)} ${pill ? 'pill' : ''} ${className}`}>
      <StateIcon state={state} />
      {children}
    </span>
  );
}
