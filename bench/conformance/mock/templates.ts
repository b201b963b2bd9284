import type { JsonObject } from '#lib/json.ts';
import type { Expression, Node } from '#lib/manifest/template/ast.ts';
import { interpolate, interpolateBoolean, interpolateString, type Scope } from '#lib/manifest/template/interpolate.ts';
import { parse } from '#lib/manifest/template/parser.ts';
import { str } from '#lib/manifest/template/values.ts';

/** What templates of one manifest see: the config and the moment at which time stands still. */
export interface World {
  readonly config: JsonObject;
  readonly now: () => Date;
}

/** A value that a template reads: `response.paging.next` is root `response`, path `['paging', 'next']`. */
export interface Chain {
  readonly root: string;
  readonly path: readonly (string | number)[];
}

/** All values below the named roots that a template reads, and the literals in it. */
export function readsOf(template: string, roots: readonly string[]): { chains: Chain[]; literals: unknown[] } {
  const chains: Chain[] = [];
  const literals: unknown[] = [];
  const visit = (value: unknown, inChain = false): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const node = value as Expression;
    if (node.type === 'literal') literals.push(node.value);
    const chain = inChain ? null : chainOf(node, roots);
    if (chain) chains.push(chain);
    for (const item of Object.values(value)) visit(item, chain !== null || (inChain && isLink(node)));
  };
  try {
    visit(parse(template) as readonly Node[]);
  } catch {
    return { chains: [], literals: [] };
  }
  return { chains, literals };
}

function isLink(node: Expression): boolean {
  return node.type === 'attribute' || node.type === 'item' || node.type === 'call' || node.type === 'name';
}

function chainOf(node: Expression, roots: readonly string[]): Chain | null {
  if (node.type === 'name') return roots.includes(node.name) ? { root: node.name, path: [] } : null;
  if (node.type === 'attribute') return extended(chainOf(node.object, roots), node.name);
  if (node.type === 'item' && node.key.type === 'literal')
    return extended(chainOf(node.object, roots), node.key.value as string | number);
  if (node.type === 'item' || node.type === 'slice') return chainOf(node.object, roots);
  if (node.type === 'call' && node.callee.type === 'attribute') {
    const [key] = node.args.positional;
    const object = chainOf(node.callee.object, roots);
    return node.callee.name === 'get' && key?.type === 'literal' ? extended(object, key.value as string) : object;
  }
  return null;
}

function extended(chain: Chain | null, key: string | number): Chain | null {
  return chain && { root: chain.root, path: [...chain.path, key] };
}

export function scope(world: World, component: JsonObject, variables: Record<string, unknown> = {}): Scope {
  return { now: world.now, variables: { config: world.config, parameters: component.$parameters ?? {}, ...variables } };
}

/** The template's value, or null where it can't be told from these variables. */
export function evaluated(source: unknown, at: Scope): unknown {
  if (typeof source !== 'string') return source ?? null;
  try {
    return interpolate(source, at);
  } catch {
    return null;
  }
}

export const FAILED = Symbol('failed');

/** The template's value; `FAILED` where an engine would fail too. */
export function attempted(source: unknown, at: Scope): unknown {
  try {
    return typeof source === 'string' ? interpolateString(source, at) : (source ?? null);
  } catch {
    return FAILED;
  }
}

export function isTrue(source: unknown, at: Scope): boolean | null {
  try {
    return interpolateBoolean(source as string, at);
  } catch {
    return null;
  }
}

export function textOf(source: unknown, at: Scope): string | null {
  const value = evaluated(source, at);
  return value === null || value === undefined ? null : str(value);
}

/** A pattern for what a template may print: what the config decides stands as it is, the rest may be anything. */
export function patternOf(source: string, at: Scope): { pattern: string; literal: number } {
  const whole = onlyConfig(source) ? textOf(source, at) : null;
  if (whole !== null) return { pattern: escaped(whole), literal: whole.length };
  if (source.includes('{%')) return { pattern: '.*?', literal: 0 };
  let literal = 0;
  const pattern = source
    .split(/(\{\{.*?\}\})/s)
    .map((piece) => {
      const known = piece.startsWith('{{') ? (onlyConfig(piece) ? textOf(piece, at) : null) : piece;
      if (known === null) return '.+?';
      literal += known.length;
      return escaped(known);
    })
    .join('');
  return { pattern, literal };
}

function onlyConfig(source: string): boolean {
  const others = [
    'stream_slice',
    'stream_partition',
    'stream_interval',
    'next_page_token',
    'response',
    'record',
    'creation_response',
    'polling_response',
    'download_target',
  ];
  const { chains } = readsOf(source, others);
  return chains.length === 0;
}

export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** A small hash (FNV-1a): the same text gives the same number everywhere. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
