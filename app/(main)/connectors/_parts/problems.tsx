import { Button } from '../../../_components/button.tsx';
import type { QuickFix } from '../../../_components/editor/assist.ts';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';

interface Props {
  readonly issues: readonly EditorIssue[];
  readonly onGo: (issue: EditorIssue) => void;
  /** Worked out when it is asked for: it reads the text. */
  readonly fixOf?: (issue: EditorIssue) => QuickFix | null;
  readonly onFix?: (fix: QuickFix) => void;
}

/** Every problem of the text with its line; a click goes there. Also the list that screen readers use. */
export function Problems({ issues, onGo, fixOf, onFix }: Props) {
  const errors = issues.filter((issue) => issue.severity === 'error').length;
  const warnings = issues.length - errors;
  return (
    <section className="prob" aria-label="Problems">
      <header>
        <h2>Problems</h2>
        {errors > 0 && (
          <span className="st s-fail small">
            <StateIcon state="fail" />
            {errors} {errors === 1 ? 'error' : 'errors'}
          </span>
        )}
        {warnings > 0 && (
          <span className="st s-warn small">
            <StateIcon state="warn" />
            {warnings} {warnings === 1 ? 'warning' : 'warnings'}
          </span>
        )}
        {issues.length === 0 && (
          <span className="st s-ok small">
            <StateIcon state="ok" />
            None
          </span>
        )}
      </header>
      {issues.length > 0 && (
        <ul>
          {issues.map((issue) => (
            <li key={`${issue.line}:${issue.column}:${issue.code}:${issue.message}`}>
              <button type="button" onClick={() => onGo(issue)}>
                <span className={issue.severity === 'error' ? 's-fail ms' : 's-warn ms'}>
                  <StateIcon state={issue.severity === 'error' ? 'fail' : 'warn'} />
                </span>
                <span className="grow">
                  {issue.message} {issue.hint && <span className="muted">{issue.hint}</span>}
                </span>
                <span className="faint small num">{issue.line}</span>
              </button>
              {issue.fix && (
                <Button
                  size="s"
                  kind="ghost"
                  aria-label={`${fixWords(issue.fix)}, line ${issue.line}`}
                  onClick={() => {
                    const fix = fixOf?.(issue);
                    if (fix) onFix?.(fix);
                  }}
                >
                  {fixWords(issue.fix)}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function fixWords(fix: NonNullable<EditorIssue['fix']>): string {
  if ('replace' in fix) return `Change to ${fix.replace}`;
  return 'add' in fix ? `Add ${fix.add}` : `Remove ${fix.remove}`;
}
