import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Failure, Issue } from '#lib/errors.ts';
import { Panel } from './panel.tsx';
import { placeText } from './place-text.ts';
import { StateIcon } from './state-mark.tsx';
import { type State, stateClass } from './states.ts';

interface NoticeProps {
  readonly state: State;
  /** What happened. */
  readonly title: ReactNode;
  /** What it means and what to do. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** Announce it when it appears after an action. */
  readonly alert?: boolean;
}

export function Notice({ state, title, children, actions, alert = false }: NoticeProps) {
  return (
    <div className={`notice ${stateClass(state)}`} role={alert ? 'alert' : undefined}>
      <StateIcon state={state} />
      <div className="grow">
        <b className="strong">{title}</b>
        {children !== undefined && <div className="muted">{children}</div>}
      </div>
      {actions !== undefined && <div className="acts">{actions}</div>}
    </div>
  );
}

/** A failure with its place, every single problem, and what to do; the code behind Details. */
export function FailureNotice({
  failure,
  title,
  issues = [],
  actions,
  alert = false,
}: {
  failure: Failure;
  title?: ReactNode;
  /** Where several things are wrong with what was sent. */
  issues?: readonly Issue[];
  actions?: ReactNode;
  alert?: boolean;
}) {
  const place = placeText(failure.where);
  return (
    <Notice state="fail" title={title ?? failure.message} actions={actions} alert={alert}>
      {(title !== undefined || place) && (
        <p>
          {title !== undefined && asSentence(failure.message)} {place && <span className="place">At {place}.</span>}
        </p>
      )}
      {issues.length > 0 && (
        <ul>
          {issues.map(({ path = '', message }) => (
            <li key={`${path} ${message}`}>
              {path !== '' && <code>{path.replace(/^config\./, '')}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {failure.hint && <p>{failure.hint}</p>}
      <details className="small">
        <summary>Details</summary>
        <code>{failure.code}</code>
        {failure.where?.url && (
          <>
            {' '}
            at <code>{failure.where.url}</code>
          </>
        )}
      </details>
    </Notice>
  );
}

/** A message that others wrote may lack its full stop. */
export function asSentence(text: string): string {
  return /[.!?…:”]$/.test(text.trim()) ? text : `${text.trim()}.`;
}

/** Nothing here yet: one sentence on what goes here, one button, one link. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action !== undefined && (
        <div className="row" style={{ justifyContent: 'center', marginTop: 12 }}>
          {action}
        </div>
      )}
    </div>
  );
}

/** A list that has nothing yet, and where its first entry is made. */
export function NoneYet({ children, create, href }: { children: ReactNode; create: string; href: string }) {
  return (
    <Panel>
      <Empty
        action={
          <Link className="btn" href={href}>
            {create}
          </Link>
        }
      >
        {children}
      </Empty>
    </Panel>
  );
}

/** Row-high blocks in the place of what is still being read. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div className="body stack" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
        <span key={row} className="skeleton" style={{ width: `${88 - ((row * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
