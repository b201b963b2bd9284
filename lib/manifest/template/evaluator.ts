import { Duration } from '../datetime/duration.ts';
import type { Arguments, Expression, Node } from './ast.ts';
import { applyFilter } from './filters.ts';
import { attributeOf, define, own, sequence } from './methods.ts';
import { binary, compare, limited, MOST_MADE, undefinedUsed } from './operators.ts';
import { applyTest } from './predicates.ts';
import { TemplateError } from './template-error.ts';
import {
  isDict,
  isInteger,
  itemsOf,
  Namespace,
  PyFloat,
  PyFunction,
  PyTuple,
  repr,
  str,
  toNumber,
  truthy,
  typeName,
  Undefined,
} from './values.ts';

/** Evaluated nodes of one template. A loop over 1,000 items with a filter takes about 5,000. */
const MOST_STEPS = 500_000;
/** How long a template may take; looked at between steps. */
const MOST_MS = 5_000;
/** Characters and items of long results, all steps together. */
const MOST_MADE_IN_ALL = 20_000_000;
const LONG = 1_000;

export type Variables = ReadonlyMap<string, unknown>;

/** Renders a parsed template. Every value keeps Python's meaning; nothing of JavaScript can be reached. */
export class Evaluator {
  #scopes: Map<string, unknown>[];
  #steps = 0;
  #made = 0;
  readonly #deadline = performance.now() + MOST_MS;
  readonly #functions: ReadonlyMap<string, PyFunction>;

  constructor(variables: Variables, functions: ReadonlyMap<string, PyFunction>) {
    this.#scopes = [new Map(variables)];
    this.#functions = functions;
  }

  render(nodes: readonly Node[]): string {
    let out = '';
    for (const node of nodes) {
      out += this.#node(node);
      if (out.length > MOST_MADE)
        throw new TemplateError('template_limit', `The output is longer than ${MOST_MADE} characters.`);
    }
    return out;
  }

  #node(node: Node): string {
    this.#step();
    switch (node.type) {
      case 'text':
        return node.text;
      case 'output':
        return str(this.value(node.expression));
      case 'if': {
        const branch = node.branches.find(([test]) => truthy(this.value(test)));
        return this.render(branch ? branch[1] : node.otherwise);
      }
      case 'for':
        return this.#for(node);
      case 'set':
        this.#assign(node.targets, this.value(node.value));
        return '';
      case 'set_attribute':
        this.#setAttribute(node.object, node.name, this.value(node.value), node.at);
        return '';
      case 'set_block':
        this.#assign([node.target], this.render(node.body));
        return '';
    }
  }

  #for(node: Extract<Node, { type: 'for' }>): string {
    const value = this.value(node.iterable);
    if (value instanceof Undefined) return this.render(node.otherwise);
    const all = sequence(value);
    if (all === null) throw new TemplateError('template_type', `'${typeName(value)}' object is not iterable`, node.at);
    const inLoop = (item: unknown, work: () => string): string => {
      this.#step();
      this.#scopes.push(new Map());
      this.#assign(node.targets, item);
      const text = work();
      this.#scopes.pop();
      return text;
    };
    const { filter } = node;
    const items =
      filter === null ? all : all.filter((item) => inLoop(item, () => (truthy(this.value(filter)) ? 'y' : '')) === 'y');
    if (items.length === 0) return this.render(node.otherwise);
    let out = '';
    items.forEach((item, index) => {
      out += inLoop(item, () => {
        this.#scopes.at(-1)?.set('loop', loopValues(index, items));
        return this.render(node.body);
      });
    });
    return limited(out);
  }

  #assign(targets: readonly string[], value: unknown): void {
    const scope = this.#scopes.at(-1);
    if (targets.length === 1) {
      scope?.set(targets[0] ?? '', value);
      return;
    }
    const items = sequence(value);
    if (items?.length !== targets.length)
      throw new TemplateError('template_value', `${targets.length} values are needed for ${targets.join(', ')}.`);
    for (const [index, target] of targets.entries()) scope?.set(target, items[index]);
  }

  #setAttribute(object: string, name: string, value: unknown, at: number): void {
    const target = this.#lookUp(object);
    if (!(target instanceof Namespace))
      throw new TemplateError('template_value', 'Only what namespace() made has attributes that can be set.', at);
    target.values.set(name, value);
  }

  value(node: Expression): unknown {
    this.#step();
    try {
      return this.#weighed(this.#evaluate(node), node.type);
    } catch (error) {
      if (error instanceof TemplateError && error.offset === 0 && node.at > 0)
        throw new TemplateError(error.code as 'template_value', error.message, node.at, error.hint);
      if (error instanceof RangeError) throw new TemplateError('template_value', error.message, node.at);
      throw error;
    }
  }

  /** Counts what operations made, so that many long results can't fill the memory. */
  #weighed(value: unknown, type: Expression['type']): unknown {
    const { length } = typeof value === 'string' || Array.isArray(value) ? value : '';
    if (length < LONG || !['binary', 'call', 'filter', 'slice'].includes(type)) return value;
    this.#made += length;
    if (this.#made > MOST_MADE_IN_ALL)
      throw new TemplateError(
        'template_limit',
        `The template makes more than ${MOST_MADE_IN_ALL} characters or items.`,
      );
    return value;
  }

  #evaluate(node: Expression): unknown {
    switch (node.type) {
      case 'literal':
        return node.value;
      case 'name':
        return this.#lookUp(node.name);
      case 'attribute':
        return this.#attribute(this.value(node.object), node.name);
      case 'item':
        return this.#item(this.value(node.object), this.value(node.key));
      case 'slice':
        return slice(
          this.value(node.object),
          node.bounds.map((bound) => (bound ? this.value(bound) : null)),
        );
      case 'call':
        return this.#call(this.value(node.callee), node.args);
      case 'filter':
        return applyFilter(node.name, this.value(node.input), ...this.#arguments(node.args));
      case 'test':
        return applyTest(node.name, this.value(node.input), this.#arguments(node.args)[0]) !== node.negated;
      case 'unary':
        return this.#unary(node.operator, this.value(node.operand));
      case 'binary':
        return this.#binary(node);
      case 'compare':
        return this.#compare(node);
      case 'condition':
        if (truthy(this.value(node.test))) return this.value(node.result);
        return node.otherwise ? this.value(node.otherwise) : new Undefined('the value of an if without else');
      case 'list':
        return own(node.items.map((item) => this.value(item)));
      case 'tuple':
        return new PyTuple(node.items.map((item) => this.value(item)));
      case 'dict':
        return own(
          define(
            {},
            node.entries.map(([key, value]) => [str(this.value(key)), this.value(value)] as const),
          ),
        );
    }
  }

  #lookUp(name: string): unknown {
    for (let index = this.#scopes.length - 1; index >= 0; index--) {
      const scope = this.#scopes[index];
      if (scope?.has(name)) return scope.get(name) ?? null;
    }
    return this.#functions.get(name) ?? new Undefined(`'${name}'`);
  }

  /** Jinja: the attribute first, then the key. Methods of a dict win over its keys. */
  #attribute(object: unknown, name: string): unknown {
    if (object instanceof Undefined) throw undefinedUsed(object);
    const attribute = attributeOf(object, name);
    if (attribute !== undefined) return attribute;
    if (isDict(object) && Object.hasOwn(object, name)) return object[name] ?? null;
    return new Undefined(`'${typeName(object)} object' has no attribute '${name}'`);
  }

  /** Jinja: the key first, then the attribute. */
  #item(object: unknown, key: unknown): unknown {
    if (object instanceof Undefined) throw undefinedUsed(object);
    if (isDict(object) && Object.hasOwn(object, str(key))) return object[str(key)] ?? null;
    const items = typeof object === 'string' ? [...object] : itemsOf(object);
    if (items && (isInteger(key) || typeof key === 'boolean')) {
      const index = toNumber(key);
      return index < items.length && index >= -items.length
        ? (items.at(index) ?? null)
        : new Undefined(`${typeName(object)} has no element ${index}`);
    }
    const attribute = typeof key === 'string' ? attributeOf(object, key) : undefined;
    return attribute ?? new Undefined(`'${typeName(object)} object' has no attribute ${repr(key)}`);
  }

  #call(callee: unknown, args: Arguments): unknown {
    if (callee instanceof PyFunction) return callee.call(...this.#arguments(args));
    if (callee instanceof Undefined) throw undefinedUsed(callee);
    throw new TemplateError('template_type', `'${typeName(callee)}' object is not callable`);
  }

  #arguments({ positional, named }: Arguments): [unknown[], Map<string, unknown>] {
    return [positional.map((each) => this.value(each)), new Map(named.map(([name, each]) => [name, this.value(each)]))];
  }

  #unary(operator: '-' | '+' | 'not', value: unknown): unknown {
    if (operator === 'not') return !truthy(value);
    if (value instanceof PyFloat) return operator === '-' ? PyFloat.of(-value.value) : value;
    if (value instanceof Duration) return operator === '-' ? value.negated() : value;
    return binary(operator, 0, value);
  }

  #binary({ operator, left, right }: Extract<Expression, { type: 'binary' }>): unknown {
    const first = this.value(left);
    if (operator === 'and') return truthy(first) ? this.value(right) : first;
    if (operator === 'or') return truthy(first) ? first : this.value(right);
    const made = binary(operator, first, this.value(right));
    return Array.isArray(made) ? own(made) : made;
  }

  #compare({ first, rest }: Extract<Expression, { type: 'compare' }>): boolean {
    let left = this.value(first);
    for (const [operator, operand] of rest) {
      const right = this.value(operand);
      if (!compare(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS)
      throw new TemplateError('template_limit', `The template takes more than ${MOST_STEPS} steps.`);
    if (performance.now() > this.#deadline)
      throw new TemplateError('template_limit', `The template takes longer than ${MOST_MS} ms.`);
  }
}

function loopValues(index: number, items: readonly unknown[]) {
  const { length } = items;
  return {
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    cycle: new PyFunction('cycle', (args) => args[index % args.length]),
    previtem: index > 0 ? items[index - 1] : new Undefined('there is no previous item'),
    nextitem: index < length - 1 ? items[index + 1] : new Undefined('there is no next item'),
  };
}

/** Python's slices, with a step and with negative bounds. */
function slice(value: unknown, [start = null, stop = null, step = null]: readonly unknown[]): unknown {
  if (value instanceof Undefined) throw undefinedUsed(value);
  const items = typeof value === 'string' ? [...value] : itemsOf(value);
  if (items === null) throw new TemplateError('template_type', `'${typeName(value)}' object is not subscriptable`);
  const stride = step === null ? 1 : toNumber(step);
  if (stride === 0) throw new TemplateError('template_value', 'slice step cannot be zero');
  const { length } = items;
  const [least, most] = stride > 0 ? [0, length] : [-1, length - 1];
  const bound = (given: unknown, otherwise: number) => {
    if (given === null) return otherwise;
    if (!isInteger(given)) throw new TemplateError('template_type', 'slice indices must be integers or None');
    const index = toNumber(given);
    return Math.min(most, Math.max(least, index < 0 ? index + length : index));
  };
  const from = bound(start, stride > 0 ? least : most);
  const to = bound(stop, stride > 0 ? most : least);
  const taken: unknown[] = [];
  for (let index = from; stride > 0 ? index < to : index > to; index += stride) taken.push(items[index]);
  if (typeof value === 'string') return taken.join('');
  return Array.isArray(value) ? own(taken) : new PyTuple(taken);
}
