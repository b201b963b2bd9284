import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { yamlProblems } from '#lib/yaml-syntax.ts';
import type { ManifestIssue } from './issue.ts';
import type { Kind } from './kind.ts';
import type { Manifest, ManifestStream } from './manifest.ts';
import { MANIFEST_YAML } from './manifest-yaml.ts';
import { nameFindings } from './name-findings.ts';
import { propagate } from './propagate.ts';
import { componentsOf, groupedNames, refusalsBelow, refusalsOfAll, uncheckedFindings } from './refusals.ts';
import { type Path, resolveReferences } from './resolve-references.ts';
import { type Finding, type Known, refusal, validateComponent } from './validate.ts';
import { metadataFindings } from './weir-block.ts';

const MOST_BYTES = 2_000_000;
const MOST_ALIASES = 10_000;
const DEEPEST = 100;

export interface Language {
  readonly kinds: readonly Kind[];
  /** Components of the CDK that are refused by name, with why. */
  readonly unsupported: Readonly<Record<string, string>>;
}

/**
 * Reads a manifest: YAML, references, parameters, then every component against its kind. All problems come at once, each
 * with its place; the manifest is null when one of them is an error. A component that Weir does not run is a warning, and only the streams
 * that need it are refused.
 */
export function parseManifest(
  text: string,
  language: Language,
): { issues: ManifestIssue[]; manifest: Manifest | null } {
  if (Buffer.byteLength(text) > MOST_BYTES)
    return {
      issues: [{ ...NOWHERE, code: 'too_large', message: `A manifest takes at most ${MOST_BYTES / 1e6} MB.` }],
      manifest: null,
    };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    ...MANIFEST_YAML,
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
  });
  const syntax = yamlIssues(document, lines);
  const hiddenFrom = syntax.at(-1)?.line ?? Infinity;
  const structure = structureIssues(document, lines).filter(({ line }) => line <= hiddenFrom);
  const broken = [...syntax, ...structure].toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (broken.length > 0) return { issues: broken, manifest: null };
  const { root, problem } = plainValue(document);
  if (problem) return { issues: [{ ...NOWHERE, ...problem }], manifest: null };
  if (!isJsonObject(root))
    return {
      issues: [
        {
          ...NOWHERE,
          code: 'no_manifest',
          message: 'A manifest is a mapping with version, check and streams.',
          hint: 'Start from a template.',
        },
      ],
      manifest: null,
    };
  const known: Known = {
    kinds: new Map(language.kinds.map((kind) => [kind.name, kind])),
    unsupported: new Map(Object.entries(language.unsupported)),
  };
  const { findings, manifest } = compile(root, known, (path) => lines.linePos(rangeOf(document, path)[0]).line);
  const issues = findings
    .map((finding) => toIssue(finding, document, lines, text))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  const failed = issues.some(({ severity }) => severity === 'error');
  return { issues: unique(issues), manifest: failed ? null : deepFreeze(manifest) };
}

/** What the YAML says, with aliases and merges followed: here those that multiply without end, or merge what is no mapping, come to light. */
function plainValue(document: Document): { root: JsonValue; problem?: { code: string; message: string } } {
  try {
    return { root: document.toJS({ maxAliasCount: MOST_ALIASES }) as JsonValue };
  } catch (error) {
    const { message } = error as Error;
    return message.startsWith('Excessive alias')
      ? { root: null, problem: { code: 'too_large', message: `Its aliases multiply to more than ${MOST_ALIASES}.` } }
      : { root: null, problem: { code: 'yaml_alias', message } };
  }
}

function compile(
  root: JsonObject,
  known: Known,
  lineOf: (path: Path) => number,
): { findings: Finding[]; manifest: Manifest } {
  const resolved = resolveReferences(root);
  const source = propagate(resolved.value, known.kinds, resolved.origins, { defaultType: 'DeclarativeSource' });
  const findings: Finding[] = resolved.problems.map((problem) => ({ severity: 'error', ...problem }));
  findings.push(...validateComponent(source, ['source'], known, resolved.origins), ...metadataFindings(root.metadata));
  findings.push(...uncheckedFindings(source, known, resolved.origins));
  const ofAll = refusalsOfAll(source, known);
  const grouped = groupedNames(source);
  const refusalOf = (component: JsonObject, name: string) => {
    const group = grouped.has(name) ? refusal('StreamGroup', {}, known) : null;
    const all = [...ofAll, ...refusalsBelow(component, known), ...(group ? [{ reason: group }] : [])];
    const [first] = all;
    if (!first) return {};
    findings.push({
      severity: 'warning',
      code: 'unsupported_component',
      message: `${name || 'This stream'} can't be read: ${first.reason}`,
      hint: all.every(({ className }) => className !== undefined)
        ? 'The other streams work; an operator can register a module for this class (docs/custom-components.md).'
        : 'The other streams work.',
      path: resolved.origins.of(component) ?? [],
    });
    const classes = all.map(({ className }) => className);
    return { refused: first.reason, ...(classes.every((name) => name !== undefined) && { classes }) };
  };
  const streams = streamsOf(source).map(({ component, condition }): ManifestStream => {
    const name = String(component.name ?? '');
    return {
      name,
      line: lineOf(resolved.origins.of(component) ?? []),
      component,
      ...(condition !== undefined && { condition }),
      ...refusalOf(component, name),
    };
  });
  const dynamicStreams = componentsOf(source.dynamic_streams).map((component, index) => {
    const name = String(component.name ?? `dynamic_stream_${index}`);
    return { name, component, ...refusalOf(component, name) };
  });
  const pathOf = (container: object, key?: string | number) => resolved.origins.of(container, key) ?? [];
  findings.push(...nameFindings({ streams, templates: dynamicStreams.map(({ name }) => name), source, pathOf }));
  return {
    findings,
    manifest: {
      version: String(source.version ?? ''),
      spec: specOf(source.spec),
      check: isJsonObject(source.check) ? source.check : {},
      streams,
      ...(dynamicStreams.length > 0 && { dynamicStreams }),
      ...(isJsonObject(source.api_budget) && { apiBudget: source.api_budget }),
      ...(isJsonObject(source.concurrency_level) && { concurrencyLevel: source.concurrency_level }),
      ...(source.max_concurrent_async_job_count !== undefined && {
        maxConcurrentAsyncJobs: source.max_concurrent_async_job_count,
      }),
    },
  };
}

/** The streams in order; those of a condition carry it. */
function streamsOf(source: JsonObject): { component: JsonObject; condition?: string | boolean }[] {
  return componentsOf(source.streams).flatMap((component) =>
    component.type === 'ConditionalStreams'
      ? componentsOf(component.streams).map((inner) => ({
          component: inner,
          condition: component.condition as string | boolean,
        }))
      : [{ component }],
  );
}

function specOf(spec: JsonValue | undefined): Manifest['spec'] {
  if (!isJsonObject(spec)) return { connectionSpecification: { type: 'object', properties: {} } };
  return {
    connectionSpecification: isJsonObject(spec.connection_specification)
      ? spec.connection_specification
      : { type: 'object', properties: {} },
    ...(typeof spec.documentation_url === 'string' && { documentationUrl: spec.documentation_url }),
    ...(isJsonObject(spec.advanced_auth) && { advancedAuth: spec.advanced_auth }),
    ...(isJsonObject(spec.config_normalization_rules) && { configRules: spec.config_normalization_rules }),
  };
}

/** Where the library's own words would not help. */
const YAML_MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'A manifest is one document; a second one begins here.',
  DUPLICATE_KEY: 'This key is there twice; keep one of the two.',
  RESOURCE_EXHAUSTION: 'It is nested too deep.',
};

function yamlIssues(document: Document, lines: LineCounter): ManifestIssue[] {
  return yamlProblems(document).map(({ code, message, pos }) => ({
    severity: 'error' as const,
    code: `yaml_${code.toLowerCase()}`,
    message: YAML_MESSAGES[code] ?? message,
    path: '',
    ...place(lines, pos[0], pos[1]),
  }));
}

/** What YAML allows and a manifest must not have: `__proto__` or a mapping as a key, aliases of nothing, and nesting without an end. */
function structureIssues(document: Document, lines: LineCounter): ManifestIssue[] {
  const issues: ManifestIssue[] = [];
  const report = (code: string, message: string, node: Node, hint?: string): void => {
    issues.push({
      severity: 'error',
      code,
      message,
      ...(hint && { hint }),
      path: '',
      ...place(lines, node.range?.[0] ?? 0, node.range?.[1] ?? 0),
    });
  };
  const walk = (node: unknown, depth: number): void => {
    if (isAlias(node) && !node.resolve(document))
      report('yaml_alias', `There is no anchor &${node.source} before this.`, node);
    if (!isCollection(node)) return;
    if (depth > DEEPEST) report('too_deep', `The manifest is nested deeper than ${DEEPEST}.`, node);
    else
      for (const item of node.items) {
        if (isPair(item)) walkPair(item, depth);
        else walk(item, depth + 1);
      }
  };
  const walkPair = ({ key, value }: Pair, depth: number): void => {
    if (isScalar(key) && key.value === '__proto__') report('forbidden_key', '__proto__ is not allowed as a key.', key);
    if (!isCollection(key)) walk(value, depth + 1);
    else
      report('yaml_collection_key', 'A mapping or list is no key.', key, 'A template must stand in quotes: "{{ … }}".');
  };
  walk(document.contents, 1);
  return issues;
}

function toIssue(finding: Finding, document: Document, lines: LineCounter, text: string): ManifestIssue {
  const { severity, code, message, hint, fix, path, offset, onKey } = finding;
  const [from, to] = onKey ? keyRangeOf(document, path) : rangeOf(document, path);
  const start = offset === undefined ? from : offsetInScalar(text, from, to, offset);
  const end = offset === undefined ? Math.min(to, lineEnd(text, from)) : Math.max(start + 1, Math.min(to, start + 1));
  const more = { ...(hint && { hint }), ...(fix && { fix }) };
  return { severity, code, message, ...more, path: path.join('.'), ...place(lines, start, end) };
}

/** A quoted text begins after its quote; a block's lines are indented, so there the place is only near. */
function offsetInScalar(text: string, from: number, to: number, offset: number): number {
  const quoted = text[from] === '"' || text[from] === "'" ? 1 : 0;
  return Math.min(to, from + quoted + offset);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function rangeOf(document: Document, path: Path): readonly [number, number] {
  for (let length = path.length; length >= 0; length--) {
    const node = (length === 0 ? document.contents : document.getIn(path.slice(0, length), true)) as
      | Node
      | null
      | undefined;
    if (node?.range) return [node.range[0], node.range[1]];
  }
  return [0, 0];
}

function keyRangeOf(document: Document, path: Path): readonly [number, number] {
  const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1))
    : undefined;
  const range = isScalar(pair?.key) ? pair.key.range : undefined;
  return range ? [range[0], range[1]] : rangeOf(document, path);
}

function place(lines: LineCounter, from: number, to: number) {
  const [start, end] = [lines.linePos(from), lines.linePos(Math.max(from, to))];
  return {
    line: Math.max(1, start.line),
    column: Math.max(1, start.col),
    endLine: Math.max(1, end.line),
    endColumn: Math.max(1, end.col),
  };
}

/** A component that several streams share through a `$ref` has its problem once. */
function unique(issues: readonly ManifestIssue[]): ManifestIssue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const key = `${issue.line}:${issue.column}:${issue.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

const NOWHERE = { severity: 'error' as const, path: '', line: 1, column: 1, endLine: 1, endColumn: 1 };
