import { checkKind } from './checks/index.ts';
import { type CheckPlace, parseSuite, type SuiteIssue } from './parse-suite.ts';

/** A check as an editor needs it: where it stands, and what it looks at. */
export interface OutlinedCheck extends CheckPlace {
  readonly key: string;
  readonly title: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** What is wrong with a suite's text, and the checks of it that can be read. */
export function outlineChecks(text: string): { issues: readonly SuiteIssue[]; checks: readonly OutlinedCheck[] } {
  const { issues, readable, places } = parseSuite(text);
  const checks = (readable?.checks ?? []).flatMap(({ key, title, table, kind, params, per }) => {
    const place = places?.get(key);
    const columns = [...checkKind(kind).columns(params), ...(per === undefined ? [] : [per])];
    return place ? [{ key, title, table, columns, ...place }] : [];
  });
  return { issues, checks };
}
