import type { ReactNode } from 'react';
import { StateIcon } from './state-mark.tsx';

interface FieldProps {
  readonly id: string;
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What to repair; stands in the place of the hint. */
  readonly error?: string | undefined;
  readonly optional?: boolean;
  /** The control, with `fieldControl(id, …)` spread onto it. */
  readonly children: ReactNode;
}

/** Label above, control, and below it the hint or the error. */
export function Field({ id, label, hint, error, optional = false, children }: FieldProps) {
  return (
    <div className={`field ${error ? 'bad-field' : ''}`}>
      <label htmlFor={id}>
        {label}
        {optional && <span className="opt-mark"> optional</span>}
      </label>
      {children}
      <FieldNote id={id} hint={hint} error={error} />
    </div>
  );
}

/** The line below a control. */
export function FieldNote({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | undefined }) {
  if (error) {
    return (
      <span className="err" id={`${id}-note`}>
        <StateIcon state="fail" />
        {error}
      </span>
    );
  }
  return hint ? (
    <span className="hint" id={`${id}-note`}>
      {hint}
    </span>
  ) : null;
}

/** Ties a control to its label and note. */
export function fieldControl(id: string, error?: string, hint?: ReactNode) {
  return {
    id,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': error || hint ? `${id}-note` : undefined,
  };
}

/** `1 field to fix`, a link to the first one; beside a submit that is never disabled. */
export function FieldsToFix({ ids }: { ids: readonly string[] }) {
  if (ids.length === 0) return null;
  return (
    <span role="alert">
      <a className="st s-fail small" href={`#${ids[0]}`}>
        <StateIcon state="fail" />
        {ids.length} {ids.length === 1 ? 'field' : 'fields'} to fix
      </a>
    </span>
  );
}
