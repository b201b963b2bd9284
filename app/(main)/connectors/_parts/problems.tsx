import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';
import { StateIcon } from '../../../_components/state-mark.tsx';

/** Every problem of the text with its line; a click goes there. Also the list that screen readers use. */
export function Problems({ issues, onGo }: { issues: readonly EditorIssue[]; onGo: (issue: EditorIssue) => void }) {
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
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
