import type { Arguments, BinaryOperator, Comparison, Expression } from './ast.ts';
import type { Token } from './lexer.ts';
import { TemplateError } from './template-error.ts';
import { PyFloat } from './values.ts';

const DEEPEST = 100;
/** Operators, keys, calls and filters in one expression: each may be a level of the tree that is walked. */
const MOST_OPERATIONS = 2_000;
const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=']);
const CONSTANTS: Record<string, unknown> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

/** Parses one expression. The precedence is Jinja's: or, and, not, comparisons, + -, ~, * / // %, unary, **, postfix, filters. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #operations = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  nextIs(text: string): boolean {
    const { type, text: here } = this.#peek();
    return here === text && type !== 'string';
  }

  takeIf(text: string): boolean {
    if (!this.nextIs(text)) return false;
    this.#next++;
    return true;
  }

  expectOperator(text: string): void {
    if (!this.nextIs(text)) throw unexpected(this.#peek(), text);
    this.#next++;
  }

  expectName(name: string): void {
    this.expectOperator(name);
  }

  expectEnd(): void {
    if (this.#peek().type !== 'end') throw unexpected(this.#peek());
  }

  /** A whole expression, or a tuple without brackets, and nothing after it. */
  last(): Expression {
    const expression = this.tuple(true);
    this.expectEnd();
    return expression;
  }

  targets(): string[] {
    const names = [this.#name()];
    while (this.nextIs(',')) {
      this.take();
      if (this.nextIs('in') || this.nextIs('=')) break;
      names.push(this.#name());
    }
    return names;
  }

  tuple(withCondition: boolean): Expression {
    const first = withCondition ? this.expression() : this.#or();
    if (!this.nextIs(',')) return first;
    const items = [first];
    while (this.nextIs(',')) {
      this.take();
      if (this.#peek().type === 'end' || this.nextIs(')')) break;
      items.push(withCondition ? this.expression() : this.#or());
    }
    return { type: 'tuple', items, at: first.at };
  }

  expression(): Expression {
    if (++this.#depth > DEEPEST)
      throw new TemplateError('template_limit', `The expression is nested deeper than ${DEEPEST}.`, this.#peek().at);
    let result = this.#or();
    while (this.nextIs('if')) {
      this.#operation();
      const { at } = this.take();
      const test = this.#or();
      const otherwise = this.takeIf('else') ? this.expression() : null;
      result = { type: 'condition', test, result, otherwise, at };
    }
    this.#depth--;
    return result;
  }

  #or(): Expression {
    return this.#binary(['or'], () => this.#and());
  }

  #and(): Expression {
    return this.#binary(['and'], () => this.#not());
  }

  #not(): Expression {
    if (!this.nextIs('not')) return this.#compare();
    const { at } = this.take();
    if (++this.#depth > DEEPEST)
      throw new TemplateError('template_limit', `The expression is nested deeper than ${DEEPEST}.`, at);
    const operand = this.#not();
    this.#depth--;
    return { type: 'unary', operator: 'not', operand, at };
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: [Comparison, Expression][] = [];
    for (;;) {
      const { text, type } = this.#peek();
      if (type === 'operator' && COMPARISONS.has(text)) rest.push([this.take().text as Comparison, this.#sum()]);
      else if (this.takeIf('in')) rest.push(['in', this.#sum()]);
      else if (this.nextIs('not') && this.#tokens[this.#next + 1]?.text === 'in') {
        this.#next += 2;
        rest.push(['not in', this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { type: 'compare', first, rest, at: first.at };
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expression {
    return this.#binary(['~'], () => this.#product());
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#power());
  }

  #power(): Expression {
    return this.#binary(['**'], () => this.#unary(true));
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    let left = operand();
    while (operators.some((operator) => this.nextIs(operator))) {
      this.#operation();
      const { text, at } = this.take();
      left = { type: 'binary', operator: text as BinaryOperator, left, right: operand(), at };
    }
    return left;
  }

  #unary(withFilter: boolean): Expression {
    let result: Expression;
    if (this.nextIs('-') || this.nextIs('+')) {
      const { text, at } = this.take();
      if (++this.#depth > DEEPEST)
        throw new TemplateError('template_limit', `The expression is nested deeper than ${DEEPEST}.`, at);
      result = { type: 'unary', operator: text as '-' | '+', operand: this.#unary(false), at };
      this.#depth--;
    } else result = this.#postfix(this.#primary());
    return withFilter ? this.#filters(result) : result;
  }

  #operation(): void {
    if (++this.#operations > MOST_OPERATIONS)
      throw new TemplateError(
        'template_limit',
        `The expression has more than ${MOST_OPERATIONS} operations.`,
        this.#peek().at,
      );
  }

  #primary(): Expression {
    const token = this.take();
    const { at } = token;
    if (token.type === 'name') {
      if (Object.hasOwn(CONSTANTS, token.text)) return { type: 'literal', value: CONSTANTS[token.text], at };
      return { type: 'name', name: token.text, at };
    }
    if (token.type === 'string') return { type: 'literal', value: this.#strings(token), at };
    if (token.type === 'integer') return { type: 'literal', value: narrow(token.value as bigint), at };
    if (token.type === 'float') return { type: 'literal', value: PyFloat.of(token.value as number), at };
    if (token.text === '(') return this.#parenthesis(at);
    if (token.text === '[') return { type: 'list', items: this.#items(']'), at };
    if (token.text === '{') return { type: 'dict', entries: this.#entries(), at };
    throw unexpected(token);
  }

  /** Strings that stand side by side are one. */
  #strings(first: Token): string {
    let text = first.value as string;
    while (this.#peek().type === 'string') text += this.take().value as string;
    return text;
  }

  #parenthesis(at: number): Expression {
    if (this.nextIs(')')) {
      this.take();
      return { type: 'tuple', items: [], at };
    }
    const inner = this.tuple(true);
    this.expectOperator(')');
    return inner;
  }

  #items(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.nextIs(close)) {
      items.push(this.expression());
      if (!this.nextIs(',')) break;
      this.take();
    }
    this.expectOperator(close);
    return items;
  }

  #entries(): [Expression, Expression][] {
    const entries: [Expression, Expression][] = [];
    while (!this.nextIs('}')) {
      const key = this.expression();
      this.expectOperator(':');
      entries.push([key, this.expression()]);
      if (!this.nextIs(',')) break;
      this.take();
    }
    this.expectOperator('}');
    return entries;
  }

  #postfix(start: Expression): Expression {
    let result = start;
    for (;;) {
      if (this.nextIs('.')) result = this.#attribute(result);
      else if (this.nextIs('[')) result = this.#subscript(result);
      else if (this.nextIs('(')) result = this.#call(result);
      else return result;
      this.#operation();
    }
  }

  #filters(start: Expression): Expression {
    let result = start;
    for (;;) {
      if (this.nextIs('|')) result = this.#filter(result);
      else if (this.nextIs('is')) result = this.#test(result);
      else if (this.nextIs('(')) result = this.#call(result);
      else return result;
      this.#operation();
    }
  }

  #attribute(object: Expression): Expression {
    const { at } = this.take();
    const token = this.take();
    if (token.type === 'name') return { type: 'attribute', object, name: token.text, at };
    if (token.type === 'integer')
      return { type: 'item', object, key: { type: 'literal', value: narrow(token.value as bigint), at: token.at }, at };
    throw unexpected(token, 'a name');
  }

  #subscript(object: Expression): Expression {
    const { at } = this.take();
    const bounds: (Expression | null)[] = [];
    let current: Expression | null = null;
    let sliced = false;
    while (!this.nextIs(']')) {
      if (this.nextIs(':')) {
        this.take();
        sliced = true;
        bounds.push(current);
        current = null;
      } else if (current === null) current = this.tuple(true);
      else throw unexpected(this.#peek(), ']');
    }
    this.take();
    if (sliced) return { type: 'slice', object, bounds: [...bounds, current], at };
    if (current === null) throw new TemplateError('template_syntax', 'A key is missing between [ and ].', at);
    return { type: 'item', object, key: current, at };
  }

  #call(callee: Expression): Expression {
    const { at } = this.#peek();
    return { type: 'call', callee, args: this.#arguments(), at };
  }

  #filter(input: Expression): Expression {
    this.take();
    const { at } = this.#peek();
    const name = this.#dotted();
    const args = this.nextIs('(') ? this.#arguments() : NO_ARGUMENTS;
    return { type: 'filter', name, input, args, at };
  }

  #test(input: Expression): Expression {
    this.take();
    const negated = this.nextIs('not');
    if (negated) this.take();
    const { at } = this.#peek();
    const name = this.#dotted();
    let args = NO_ARGUMENTS;
    const next = this.#peek();
    if (this.nextIs('(')) args = this.#arguments();
    else if (beginsArgument(next)) args = { positional: [this.#postfix(this.#primary())], named: [] };
    return { type: 'test', name, input, args, negated, at };
  }

  #arguments(): Arguments {
    this.expectOperator('(');
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    while (!this.nextIs(')')) {
      const next = this.#tokens[this.#next + 1];
      if (this.#peek().type === 'name' && next?.text === '=' && next.type === 'operator') {
        const name = this.take().text;
        this.take();
        named.push([name, this.expression()]);
      } else positional.push(this.expression());
      if (!this.nextIs(',')) break;
      this.take();
    }
    this.expectOperator(')');
    return { positional, named };
  }

  #dotted(): string {
    return this.#name();
  }

  #name(): string {
    const token = this.take();
    if (token.type !== 'name') throw unexpected(token, 'a name');
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }
}

const NO_ARGUMENTS: Arguments = { positional: [], named: [] };

/** `x is divisibleby 3`: a test takes one argument without brackets. */
function beginsArgument({ type, text }: Token): boolean {
  if (type === 'name') return !['else', 'or', 'and', 'is', 'if', 'not', 'in'].includes(text);
  return ['string', 'integer', 'float'].includes(type) || ['[', '{'].includes(text);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The error for a token that can't stand where it does. */
export function unexpected(token: Token | undefined, wanted?: string): TemplateError {
  const found =
    token === undefined || token.type === 'end'
      ? 'The expression ends too early'
      : `${JSON.stringify(token.text)} can't stand here`;
  return new TemplateError(
    'template_syntax',
    wanted ? `${found}: ${wanted} is expected.` : `${found}.`,
    token?.at ?? 0,
  );
}
