import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { yamlProblems } from '#lib/yaml-syntax.ts';
import type { CheckKind } from './checks/check-kind.ts';
import { checkKinds } from './checks/index.ts';
import { conditionProblem } from './condition.ts';
import { didYouMean, nearestOf } from './nearest-name.ts';
import { readOptions } from './read-options.ts';
import type { AlertRule, Check, Level, SampleRules, Suite } from './suite.ts';
import { checkIssues, suiteOptions, wrapperKeys } from './suite-schema.ts';

export { suiteJsonSchema } from './suite-schema.ts';

/** A problem with its place; lines and columns count from 1, the end is exclusive. */
export interface SuiteIssue extends Issue {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The word that was probably meant in the place of the one that is marked. */
  readonly nearest?: string;
}

type Path = readonly (string | number)[];
type Problem = { readonly path: Path; readonly message: string; readonly atKey?: boolean; readonly nearest?: string };

const MAX_BYTES = 512 * 1024;
const MAX_CHECKS = 1_000;
const MAX_ALIASES = 50;
const KIND_NAMES = checkKinds.map(({ name }) => name);
const NO_TABLE = 'Name the table: dataset at the top, or table inside the check.';
const TOP_KEYS = [...Object.keys(suiteOptions), ...wrapperKeys];

/** The first and the last line of a check, from 1. */
export interface CheckPlace {
  readonly line: number;
  readonly endLine: number;
}

/** Reads a suite: either every problem with its place, or the checks. What of a wrong text can be read stands in `readable`. */
export function parseSuite(text: string): {
  issues: SuiteIssue[];
  suite: Suite | null;
  readable?: Suite | null;
  /** By the keys of the checks that can be read. */
  places?: ReadonlyMap<string, CheckPlace>;
} {
  const lines = new LineCounter();
  if (Buffer.byteLength(text) > MAX_BYTES) return refuse(lines, [[0, 1]], 'A suite is at most 512 KiB long.');
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const syntax = yamlProblems(document).map(({ pos, message }) =>
    issueAt(lines, pos, '', `${message}.`.replace('..', '.')),
  );
  if (syntax.length > 0) return { issues: syntax, suite: null };
  const value = toJson(document);
  const problems: Problem[] = [];
  const places = new Map<string, Path>();
  const suite = value === undefined ? null : readSuite(value, (problem) => problems.push(problem), places);
  if (value === undefined) problems.push({ path: [], message: 'Aliases unfold to too much. Write the checks out.' });
  else if (problems.length === 0 && suite?.checks.length === 0)
    problems.push({ path: [], message: `There are no checks. Declare some under ${KIND_NAMES.join(', ')}.` });
  const issues = withoutFollowing(problems).map(({ path, message, atKey, nearest }) => ({
    ...issueAt(lines, rangeOf(document.contents, path, atKey ?? false), path.join('.'), message),
    ...(nearest !== undefined && { nearest }),
  }));
  return {
    issues: issues.toSorted((a, b) => a.line - b.line || a.column - b.column),
    suite: issues.length > 0 ? null : suite,
    readable: suite,
    places: new Map([...places].map(([key, path]) => [key, placeOf(document.contents, path, { lines, text })])),
  };
}

/** One line that names the table is missing or wrong, and every check lacks it: that is one problem, told once. */
function withoutFollowing(problems: readonly Problem[]): readonly Problem[] {
  const [first, ...more] = problems.filter(({ message }) => message === NO_TABLE);
  const isDataset = ({ path, nearest }: Problem) =>
    path[0] === 'dataset' || (path.length === 1 && nearest === 'dataset');
  if (problems.some(isDataset)) return problems.filter(({ message }) => message !== NO_TABLE);
  if (!first || more.length === 0) return problems;
  const said = {
    ...first,
    message: `${NO_TABLE} ${more.length} more ${more.length === 1 ? 'check needs' : 'checks need'} it.`,
  };
  return problems.flatMap((problem) => (problem === first ? [said] : more.includes(problem) ? [] : [problem]));
}

/** The range of a block ends where the next thing begins: the blank lines before that are not its own. */
function placeOf(contents: unknown, path: Path, { lines, text }: { lines: LineCounter; text: string }): CheckPlace {
  const { line } = lines.linePos(rangeOf(contents, path, false)[0]);
  const [from, to] = spanOf(nodeAt(contents, path));
  const end = from + text.slice(from, to).trimEnd().length;
  return { line, endLine: Math.max(line, lines.linePos(Math.max(from, end - 1)).line) };
}

function nodeAt(contents: unknown, path: Path): Node | null {
  const found = isMap(contents) || isSeq(contents) ? contents.getIn(path, true) : contents;
  return isNode(found) ? found : null;
}

function toJson(document: ReturnType<typeof parseDocument>): JsonValue | undefined {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as JsonValue;
  } catch {
    return undefined;
  }
}

type Report = (problem: Problem) => void;
/** What holds for checks that say nothing else. */
type Common = { readonly dataset: string | null; readonly owner: string | undefined };

function readSuite(value: JsonValue, report: Report, places: Map<string, Path>): Suite | null {
  if (!isJsonObject(value)) {
    report({ path: [], message: `A suite is a mapping: dataset, and checks under ${KIND_NAMES.join(', ')}.` });
    return null;
  }
  const { issues, owner, ...options } = readOptions(value);
  issues.forEach(report);
  const common = { dataset: options.dataset, owner };
  const found = [...readKinds(value, [], common, report)];
  for (const wrapper of wrapperKeys) {
    const inner = value[wrapper];
    if (isJsonObject(inner)) found.push(...readKinds(inner, [wrapper], common, report));
    else if (inner !== undefined) report({ path: [wrapper], message: `${wrapper} is a mapping of kinds to checks.` });
  }
  for (const { check, path } of found) toldOpenly(check, options.samples, path).forEach(report);
  if (found.length > MAX_CHECKS) report({ path: [], message: `A suite holds at most ${MAX_CHECKS} checks.` });
  const checks = withDistinctKeys(found.map(({ check }) => check));
  for (const [index, { key }] of checks.entries()) places.set(key, found[index]?.path ?? []);
  return Object.freeze({ ...options, checks: Object.freeze(checks) });
}

/** Messages name the values of these columns: of what the suite calls personal they must not. */
function toldOpenly({ kind, per, params }: Check, { personal }: SampleRules, path: Path): Problem[] {
  const told = { per, ...(kind === 'categories' && { column: String(params.column) }) };
  const isPersonal = (name: string) => personal.some((one) => one.toLowerCase() === name.toLowerCase());
  return Object.entries(told).flatMap(([option, name]) =>
    name === undefined || !isPersonal(name)
      ? []
      : {
          path: [...path, option],
          message: `${name} is personal, and messages would name its values. Take another column, or take it out of personal.`,
        },
  );
}

type Placed = { readonly check: Check; readonly path: Path };

function* readKinds(value: JsonObject, path: Path, common: Common, report: Report): Generator<Placed> {
  for (const [name, declared] of Object.entries(value)) {
    const kind = checkKinds.find((known) => known.name === name);
    if (kind) yield* readKind(kind, declared, [...path, name], common, report);
    else if (path.length > 0 || !TOP_KEYS.includes(name)) {
      const known = path.length > 0 ? KIND_NAMES : [...TOP_KEYS, ...KIND_NAMES];
      report({
        ...{ path: [...path, name], atKey: true, ...nearestOf(name, known) },
        message: `${name} is not known here.${didYouMean(name, known)}`,
      });
    }
  }
}

/** A list of checks, or one check alone. */
function* readKind(
  kind: CheckKind,
  declared: JsonValue,
  path: Path,
  common: Common,
  report: Report,
): Generator<Placed> {
  if (declared === null) return;
  const all = Array.isArray(declared) ? [...declared.entries()] : [[null, declared] as const];
  for (const [index, each] of all) {
    const at = index === null ? path : [...path, index];
    for (const check of readCheck(kind, each, at, common, report)) yield { check, path: at };
  }
}

function readCheck(kind: CheckKind, declared: JsonValue, path: Path, common: Common, report: Report): Check[] {
  const wrong = checkIssues(kind, declared).map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  if (!isJsonObject(declared) || wrong.length > 0) {
    wrong.forEach(report);
    return [];
  }
  const {
    name,
    table,
    where,
    level,
    warn,
    scope,
    per,
    minimum_rows,
    alert,
    owner,
    tags,
    description: _description,
    ...params
  } = declared;
  const problems: Problem[] = (kind.problems?.(params, { per, where }) ?? []).map((problem) => ({
    ...problem,
    path: [problem.path],
  }));
  if (isJsonObject(warn)) {
    const inner = kind.problems?.({ ...params, ...warn }, { per, where }) ?? [];
    if (problems.length === 0) problems.push(...inner.map((problem) => ({ ...problem, path: ['warn'] })));
    if (level === 'warn')
      problems.push({ path: ['warn'], message: 'The check only warns as it is: leave out warn, or raise level.' });
  }
  const condition = typeof where === 'string' ? conditionProblem(where) : null;
  if (condition) problems.push({ path: ['where'], message: condition });
  if (level === 'quarantine' && !kind.test)
    problems.push({
      path: ['level'],
      message: `${kind.name} looks at several rows at once: none can be put aside. Use block.`,
    });
  const of = typeof table === 'string' ? table.trim() : common.dataset;
  if (!of) problems.push({ path: [], message: NO_TABLE });
  for (const problem of problems) report({ ...problem, path: [...path, ...problem.path] });
  if (problems.length > 0 || !of) return [];
  const options = {
    name,
    table: of,
    where,
    level,
    warn,
    scope,
    per,
    minimum_rows,
    alert,
    owner: owner ?? common.owner,
    tags,
  };
  return (kind.split?.(params) ?? [params]).map((part) => toCheck(kind, part, options));
}

type CheckOptions = Readonly<
  Record<
    'name' | 'where' | 'level' | 'warn' | 'scope' | 'per' | 'minimum_rows' | 'alert' | 'owner' | 'tags',
    JsonValue | undefined
  >
> & { readonly table: string };

function toCheck(kind: CheckKind, params: JsonObject, options: CheckOptions): Check {
  const { name, table, where, level, warn, scope, per, minimum_rows, alert, owner, tags } = options;
  const condition = typeof where === 'string' ? where.trim() : undefined;
  const subject = [kind.subject(params), per !== undefined && `per ${per}`].filter(Boolean).join(' ');
  const title =
    typeof name === 'string' ? name : `${table}: ${kind.name}, ${subject}${condition ? ` where ${condition}` : ''}`;
  const tighter = isJsonObject(warn) ? ofThisPart(kind, params, warn) : {};
  return Object.freeze({
    key: [table, kind.name, subject, ...(condition ? [condition] : [])].join(' / '),
    kind: kind.name,
    title,
    table,
    level: (level ?? 'error') as Level,
    scope: (scope ?? kind.scope) as Check['scope'],
    ...(condition && { where: condition }),
    params,
    ...(Object.keys(tighter).length > 0 && { warn: tighter }),
    ...(typeof per === 'string' && { per }),
    ...(typeof minimum_rows === 'number' && { minimumRows: minimum_rows }),
    ...(isJsonObject(alert) && { alert: alertRule(alert) }),
    ...(typeof owner === 'string' && { owner }),
    tags: Array.isArray(tags) ? tags.map(String) : [],
  });
}

function alertRule({ after, of, until }: JsonObject): AlertRule {
  const breaches = Number(after ?? 1);
  return { breaches, of: Math.max(breaches, Number(of ?? breaches)), passes: Number(until ?? 1) };
}

/** Of the tighter limits those that limit what this check measures. */
function ofThisPart(kind: CheckKind, params: JsonObject, warn: JsonObject): JsonObject {
  if (!kind.split) return warn;
  return Object.fromEntries(Object.entries(warn).filter(([name]) => params[name] !== undefined));
}

/** Two checks of the same thing are told apart by their order. */
function withDistinctKeys(checks: readonly Check[]): Check[] {
  const seen = new Map<string, number>();
  return checks.map((check) => {
    const count = (seen.get(check.key) ?? 0) + 1;
    seen.set(check.key, count);
    return count === 1 ? check : Object.freeze({ ...check, key: `${check.key} / ${count}` });
  });
}

/** Where a path stands in the text: of its key or its value; of what encloses it where it is missing. */
function rangeOf(contents: unknown, path: Path, atKey: boolean): readonly [number, number] {
  let node = isNode(contents) ? contents : null;
  let range = spanOf(node);
  for (const [index, part] of path.entries()) {
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      : undefined;
    const next = isSeq(node) ? node.items[Number(part)] : pair?.value;
    const key = pair && isNode(pair.key) ? pair.key : null;
    if (!isNode(next) && key === null) return range;
    node = isNode(next) && !isAlias(next) ? next : null;
    const wantsKey =
      key !== null && (isMap(next) || isSeq(next) || !isNode(next) || (atKey && index === path.length - 1));
    range = spanOf(wantsKey ? key : (next as Node));
  }
  return range;
}

function spanOf(node: Node | null): readonly [number, number] {
  const [from = 0, to = 1] = node?.range ?? [];
  return [from, Math.max(from + 1, to)];
}

function issueAt(lines: LineCounter, [from, to]: readonly [number, number], path: string, message: string): SuiteIssue {
  const start = lines.linePos(from);
  const end = lines.linePos(to);
  return {
    path,
    message,
    line: Math.max(1, start.line),
    column: Math.max(1, start.col),
    endLine: Math.max(1, end.line),
    endColumn: Math.max(1, end.col),
  };
}

function refuse(lines: LineCounter, [range]: readonly (readonly [number, number])[], message: string) {
  return { issues: [issueAt(lines, range ?? [0, 1], '', message)], suite: null };
}
