import type { Expression, Node } from './ast.ts';
import { ExpressionParser, unexpected } from './expression-parser.ts';
import { type Chunk, lex, type Token } from './lexer.ts';
import { TemplateError } from './template-error.ts';

const DEEPEST = 100;

/** Parses a template: texts, outputs, and blocks of if, for and set. */
export function parse(source: string): readonly Node[] {
  const body = new BlockParser(lex(source));
  return body.whole();
}

class BlockParser {
  readonly #chunks: readonly Chunk[];
  #next = 0;
  #depth = 0;

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks;
  }

  whole(): Node[] {
    const nodes = this.#until([]);
    const stray = this.#chunks[this.#next];
    if (stray && stray.type === 'statement') throw unexpected(stray.tokens[0]);
    return nodes;
  }

  /** Nodes up to, and without, a statement that begins with one of the names. */
  #until(names: readonly string[]): Node[] {
    if (++this.#depth > DEEPEST) throw new TemplateError('template_limit', `Blocks are nested deeper than ${DEEPEST}.`);
    const nodes: Node[] = [];
    for (; this.#next < this.#chunks.length; ) {
      const chunk = this.#chunks[this.#next] as Chunk;
      if (chunk.type === 'statement' && names.includes(chunk.tokens[0]?.text ?? '')) break;
      this.#next++;
      if (chunk.type === 'text') nodes.push(chunk);
      else if (chunk.type === 'output')
        nodes.push({ type: 'output', expression: new ExpressionParser(chunk.tokens).last(), at: chunk.at });
      else nodes.push(this.#statement(chunk));
    }
    this.#depth--;
    return nodes;
  }

  #statement({ tokens, at }: Extract<Chunk, { tokens: unknown }>): Node {
    const parser = new ExpressionParser(withoutColon(tokens));
    const keyword = parser.take();
    if (keyword.text === 'if') return this.#if(parser, at);
    if (keyword.text === 'for') return this.#for(parser, at);
    if (keyword.text === 'set') return this.#set(parser, at);
    throw new TemplateError(
      'template_syntax',
      `There is no statement {% ${keyword.text} %} here.`,
      keyword.at,
      'if, for, set and raw are known.',
    );
  }

  #if(parser: ExpressionParser, at: number): Node {
    const branches: [Expression, Node[]][] = [];
    let otherwise: Node[] = [];
    let condition: Expression | null = parser.last();
    for (;;) {
      const body = this.#until(['elif', 'else', 'endif']);
      if (condition) branches.push([condition, body]);
      else otherwise = body;
      const next = this.#closing('endif', at);
      const keyword = next.take();
      if (keyword.text === 'endif') return { type: 'if', branches, otherwise, at };
      condition = keyword.text === 'elif' ? next.last() : null;
    }
  }

  #for(parser: ExpressionParser, at: number): Node {
    const targets = parser.targets();
    parser.expectName('in');
    const iterable = parser.tuple(false);
    const filter = parser.takeIf('if') ? parser.expression() : null;
    parser.expectEnd();
    const body = this.#until(['else', 'endfor']);
    let otherwise: Node[] = [];
    if (this.#closing('endfor', at).take().text === 'else') {
      otherwise = this.#until(['endfor']);
      this.#closing('endfor', at);
    }
    return { type: 'for', targets, iterable, filter, body, otherwise, at };
  }

  #set(parser: ExpressionParser, at: number): Node {
    const targets = parser.targets();
    if (parser.nextIs('.')) {
      parser.take();
      const name = parser.take().text;
      parser.expectOperator('=');
      return { type: 'set_attribute', object: targets[0] ?? '', name, value: parser.last(), at };
    }
    if (parser.nextIs('=')) {
      parser.take();
      return { type: 'set', targets, value: parser.last(), at };
    }
    parser.expectEnd();
    const body = this.#until(['endset']);
    this.#closing('endset', at);
    return { type: 'set_block', target: targets[0] ?? '', body, at };
  }

  #closing(name: string, at: number): ExpressionParser {
    const chunk = this.#chunks[this.#next++];
    if (chunk?.type === 'statement') return new ExpressionParser(withoutColon(chunk.tokens));
    throw new TemplateError('template_syntax', `The block is not closed with {% ${name} %}.`, at);
  }
}

/** A colon may end what begins a block, as in Python. */
function withoutColon(tokens: readonly Token[]): readonly Token[] {
  const colon = tokens.at(-2);
  const begins = ['if', 'elif', 'else', 'for'].includes(tokens[0]?.text ?? '');
  return begins && colon?.type === 'operator' && colon.text === ':' ? tokens.toSpliced(-2, 1) : tokens;
}
