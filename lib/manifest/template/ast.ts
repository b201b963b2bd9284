/** A template's syntax tree. Frozen data; `at` is the offset in the template. */
export type Expression =
  | { readonly type: 'literal'; readonly value: unknown; readonly at: number }
  | { readonly type: 'name'; readonly name: string; readonly at: number }
  | { readonly type: 'attribute'; readonly object: Expression; readonly name: string; readonly at: number }
  | { readonly type: 'item'; readonly object: Expression; readonly key: Expression; readonly at: number }
  | {
      readonly type: 'slice';
      readonly object: Expression;
      readonly bounds: readonly (Expression | null)[];
      readonly at: number;
    }
  | { readonly type: 'call'; readonly callee: Expression; readonly args: Arguments; readonly at: number }
  | {
      readonly type: 'filter';
      readonly name: string;
      readonly input: Expression;
      readonly args: Arguments;
      readonly at: number;
    }
  | {
      readonly type: 'test';
      readonly name: string;
      readonly input: Expression;
      readonly args: Arguments;
      readonly negated: boolean;
      readonly at: number;
    }
  | { readonly type: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Expression; readonly at: number }
  | {
      readonly type: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    }
  | {
      readonly type: 'compare';
      readonly first: Expression;
      readonly rest: readonly (readonly [Comparison, Expression])[];
      readonly at: number;
    }
  | {
      readonly type: 'condition';
      readonly test: Expression;
      readonly result: Expression;
      readonly otherwise: Expression | null;
      readonly at: number;
    }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[]; readonly at: number }
  | { readonly type: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[]; readonly at: number };

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~' | 'and' | 'or';
export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | 'not in';

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
}

export type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'output'; readonly expression: Expression; readonly at: number }
  | {
      readonly type: 'if';
      readonly branches: readonly (readonly [Expression, readonly Node[]])[];
      readonly otherwise: readonly Node[];
      readonly at: number;
    }
  | {
      readonly type: 'for';
      readonly targets: readonly string[];
      readonly iterable: Expression;
      readonly filter: Expression | null;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly at: number;
    }
  | { readonly type: 'set'; readonly targets: readonly string[]; readonly value: Expression; readonly at: number }
  | {
      readonly type: 'set_attribute';
      readonly object: string;
      readonly name: string;
      readonly value: Expression;
      readonly at: number;
    }
  | { readonly type: 'set_block'; readonly target: string; readonly body: readonly Node[]; readonly at: number };
