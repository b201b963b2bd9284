import type { Arguments, Expression, Node } from './ast.ts';
import { Evaluator, type Variables } from './evaluator.ts';
import { FILTER_NAMES } from './filters.ts';
import { FUNCTION_NAMES, functions } from './functions.ts';
import { parse } from './parser.ts';
import { TEST_NAMES } from './predicates.ts';
import { nearest, TemplateError } from './template-error.ts';

/** Compiled templates that are kept. A connector has a few hundred. */
const MOST_KEPT = 5_000;

export interface TemplateOptions {
  readonly now: () => Date;
  /** Functions beyond the usual ones. */
  readonly extra?: readonly 'json_loads'[];
}

export interface Template {
  readonly source: string;
  /** Without `{{` and `{%` it is a text. */
  readonly isPlain: boolean;
  /** Variables that it reads and does not set itself. */
  readonly variables: ReadonlySet<string>;
  /** All names that it reads, also those of functions and what it sets itself. */
  readonly reads: ReadonlySet<string>;
  /** What it prints; of the variables those that it reads are enough. @throws TemplateError */
  render(variables: Variables, options: TemplateOptions): string;
}

const kept = new Map<string, Template>();

/** Parses a template once; the same text gives the same template. @throws TemplateError `template_syntax`, `template_limit` */
export function compileTemplate(source: string): Template {
  const known = kept.get(source);
  if (known) return known;
  const nodes = parse(source);
  const names = namesIn(nodes);
  const template: Template = Object.freeze({
    source,
    isPlain:
      nodes.every((node) => node.type === 'text') &&
      (nodes.length === 0 || (nodes[0] as { text: string }).text === source),
    variables: new Set([...names.read].filter((name) => !names.set.has(name))),
    reads: new Set(names.reads.map(([name]) => name)),
    render: (variables, options) => new Evaluator(variables, functions(options.now, options.extra)).render(nodes),
  } satisfies Template);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(source, template);
  return template;
}

/** A fault that can be seen without evaluating. */
export interface TemplateProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The name that was probably meant takes the place of the one there. */
  readonly fix?: { readonly replace: string };
  readonly offset: number;
  /** The variable or function that is not known. */
  readonly variable?: string;
}

/** Syntax errors, and names of variables, filters and tests that don't exist, each with its offset and the nearest known name. */
export function templateProblems(
  source: string,
  knownVariables: readonly string[],
  extra: readonly string[] = [],
): TemplateProblem[] {
  let nodes: readonly Node[];
  try {
    nodes = parse(source);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [
      { code: error.code, message: error.message, ...(error.hint && { hint: error.hint }), offset: error.offset },
    ];
  }
  const names = namesIn(nodes);
  const variables = [...knownVariables, ...FUNCTION_NAMES, ...extra];
  return [
    ...unknown(names.reads, [...variables, ...names.set], 'variable or function').map((problem) => ({
      ...problem,
      variable: problem.name,
    })),
    ...unknown(names.filters, FILTER_NAMES, 'filter'),
    ...unknown(names.tests, TEST_NAMES, 'test'),
  ].toSorted((a, b) => a.offset - b.offset);
}

type Mention = readonly [name: string, at: number];

function unknown(mentions: readonly Mention[], known: readonly string[], noun: string) {
  const all = new Set(known);
  return mentions
    .filter(([name]) => !all.has(name))
    .map(([name, offset]) => {
      const near = nearest(name, known);
      return {
        code: 'template_unknown_name',
        message: `There is no ${noun} named ${name} here.`,
        ...(near && { hint: `Did you mean ${near}?`, fix: { replace: near } }),
        offset,
        name,
      };
    });
}

interface Names {
  readonly reads: Mention[];
  readonly read: Set<string>;
  readonly set: Set<string>;
  readonly filters: Mention[];
  readonly tests: Mention[];
}

function namesIn(nodes: readonly Node[]): Names {
  const names: Names = { reads: [], read: new Set(), set: new Set(['loop', 'self']), filters: [], tests: [] };
  for (const node of nodes) collectNode(node, names);
  for (const name of FUNCTION_NAMES) names.read.delete(name);
  return names;
}

function collectNode(node: Node, names: Names): void {
  const all = (inner: readonly Node[]) => {
    for (const each of inner) collectNode(each, names);
  };
  switch (node.type) {
    case 'text':
      return;
    case 'output':
      collect(node.expression, names);
      return;
    case 'if':
      for (const [test, body] of node.branches) {
        collect(test, names);
        all(body);
      }
      all(node.otherwise);
      return;
    case 'for':
      for (const target of node.targets) names.set.add(target);
      collect(node.iterable, names);
      if (node.filter) collect(node.filter, names);
      all(node.body);
      all(node.otherwise);
      return;
    case 'set':
      for (const target of node.targets) names.set.add(target);
      collect(node.value, names);
      return;
    case 'set_attribute':
      collect(node.value, names);
      return;
    case 'set_block':
      names.set.add(node.target);
      all(node.body);
      return;
  }
}

function collect(node: Expression, names: Names): void {
  if (node.type === 'name') {
    names.reads.push([node.name, node.at]);
    names.read.add(node.name);
  }
  if (node.type === 'filter') names.filters.push([node.name, node.at]);
  if (node.type === 'test') names.tests.push([node.name, node.at]);
  for (const child of childrenOf(node)) collect(child, names);
}

function childrenOf(node: Expression): readonly Expression[] {
  const given = (args: Arguments) => [...args.positional, ...args.named.map(([, value]) => value)];
  switch (node.type) {
    case 'literal':
    case 'name':
      return [];
    case 'attribute':
      return [node.object];
    case 'item':
      return [node.object, node.key];
    case 'slice':
      return [node.object, ...node.bounds.filter((bound) => bound !== null)];
    case 'call':
      return [node.callee, ...given(node.args)];
    case 'filter':
    case 'test':
      return [node.input, ...given(node.args)];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'compare':
      return [node.first, ...node.rest.map(([, operand]) => operand)];
    case 'condition':
      return [node.test, node.result, ...(node.otherwise ? [node.otherwise] : [])];
    case 'list':
    case 'tuple':
      return node.items;
    case 'dict':
      return node.entries.flat();
  }
}
