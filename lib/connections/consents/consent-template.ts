import { createHash } from 'node:crypto';
import { WeirError } from '#lib/errors.ts';

const DEEPEST = 5;
const LONGEST = 20_000;

type Node = string | { readonly inner: readonly Node[]; readonly filters: readonly string[] };

/** What a template of a consent may name: `client_id_value`, `state_key`, or an input of the user. */
export type ConsentValues = Readonly<Record<string, string>>;

/**
 * Fills a template of Airbyte's declarative OAuth: `{{ name }}`, nested as in `{{ {{ name }} | urlEncoder }}`. Values are put in
 * once and never read as templates themselves.
 * @throws WeirError `consent_template` for a name or filter that nobody knows
 */
export function fillTemplate(template: string, values: ConsentValues): string {
  return fill(parse(template), values).join('');
}

/** The names that a template asks for. */
export function templateNames(template: string): string[] {
  const names = (node: Node): string[] => {
    if (typeof node === 'string') return [];
    const name = onlyText(node.inner);
    return name !== null && NAME.test(name) ? [name] : node.inner.flatMap(names);
  };
  return parse(template).flatMap(names);
}

const NAME = /^[A-Za-z_]\w*$/;

const FILTERS: Readonly<Record<string, (text: string) => string>> = {
  urlEncoder: (text) => encodeURIComponent(text),
  urlDecoder: decoded,
  base64Encoder: (text) => Buffer.from(text).toString('base64'),
  base64Decoder: (text) => Buffer.from(text, 'base64').toString(),
  codeChallengeS256: (text) => codeChallenge(text),
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('urlDecoder was given what is not URL-encoded.');
  }
}

/** RFC 7636: what the consent page is told of the verifier. */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function fill(nodes: readonly Node[], values: ConsentValues): string[] {
  return nodes.map((node) => {
    if (typeof node === 'string') return node;
    const name = onlyText(node.inner);
    const text = name !== null && NAME.test(name) ? namedValue(name, values) : fill(node.inner, values).join('').trim();
    return node.filters.reduce((done, filter) => filterOf(filter)(done), text);
  });
}

function namedValue(name: string, values: ConsentValues): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  throw wrong(`{{ ${name} }} stands for nothing.`, 'Enter the field of that name, or mend the template.');
}

function filterOf(name: string): (text: string) => string {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter) return filter;
  throw wrong(`There is no filter ${name}.`, `One of: ${Object.keys(FILTERS).join(', ')}.`);
}

function onlyText(nodes: readonly Node[]): string | null {
  return nodes.length === 1 && typeof nodes[0] === 'string' ? nodes[0].trim() : null;
}

function parse(template: string): Node[] {
  if (template.length > LONGEST) throw wrong(`It is longer than ${LONGEST} characters.`);
  const tokens = template.split(/(\{\{|\}\})/);
  let at = 0;
  const sequence = (depth: number): Node[] => {
    if (depth > DEEPEST) throw wrong(`It is nested deeper than ${DEEPEST} levels.`);
    const nodes: Node[] = [];
    for (; at < tokens.length; at++) {
      const token = tokens[at] ?? '';
      if (token === '}}') {
        if (depth === 0) throw wrong('A }} closes nothing.');
        return nodes;
      }
      if (token === '{{') {
        at += 1;
        nodes.push(expression(sequence(depth + 1)));
      } else if (token !== '') nodes.push(token);
    }
    if (depth > 0) throw wrong('A {{ is never closed.');
    return nodes;
  };
  return sequence(0);
}

/** Splits the filters off the end: only text after the last value can hold them. */
function expression(nodes: readonly Node[]): Node {
  const last = nodes.at(-1);
  const [kept = '', ...filters] = typeof last === 'string' ? last.split('|') : [];
  if (filters.length === 0) return { inner: nodes, filters };
  const inner = [...nodes.slice(0, -1), kept].filter((node) => node !== '');
  return { inner, filters: filters.map((filter) => filter.trim()) };
}

function wrong(message: string, hint?: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'consent_template',
    message: `A template of advanced_auth can't be filled: ${message}`,
    ...(hint && { hint }),
  });
}
