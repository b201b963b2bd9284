import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '#lib/json.ts';
import { resolveReferences } from './resolve-references.ts';

const resolve = (yaml: string) => resolveReferences(parse(yaml) as JsonObject);
const at = (yaml: string) => resolve(yaml).value;
const problems = (yaml: string) => resolve(yaml).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a reference', () => {
  test('becomes what it points to, as a text or as $ref', () => {
    expect(at('definitions: { key: id }\na: "#/definitions/key"\nb: { $ref: "#/definitions/key" }')).toEqual({
      a: 'id',
      b: 'id',
    });
  });

  test('is merged with what stands beside it, and that wins', () => {
    expect(
      at(`
definitions:
  base: { url: "https://a.example", headers: { a: 1, b: 2 } }
requester: { $ref: "#/definitions/base", headers: { a: 3 }, path: /orders }`),
    ).toEqual({ requester: { url: 'https://a.example', headers: { a: 3 }, path: '/orders' } });
  });

  test('may point to what has references itself', () => {
    expect(
      at(`
definitions:
  auth: { token: x }
  requester: { authenticator: "#/definitions/auth" }
stream: { $ref: "#/definitions/requester" }`),
    ).toEqual({ stream: { authenticator: { token: 'x' } } });
  });

  test('names positions in lists, and keys with a slash', () => {
    expect(at('definitions: { list: [a, b], "x/y": c }\na: "#/definitions/list/1"\nb: "#/definitions/x/y"')).toEqual({
      a: 'b',
      b: 'c',
    });
  });

  test('may point outside of the definitions', () => {
    expect(at('streams: [{ name: a, size: 3 }, { name: b, size: "#/streams/0/size" }]')).toEqual({
      streams: [
        { name: 'a', size: 3 },
        { name: 'b', size: 3 },
      ],
    });
  });

  test('knows where each value was written', () => {
    const { value, origins } = resolve(`
definitions: { base: { url: x, path: y } }
requester: { $ref: "#/definitions/base", path: z }`);
    const requester = value.requester as JsonObject;
    expect(origins.of(requester, 'url')).toEqual(['definitions', 'base', 'url']);
    expect(origins.of(requester, 'path')).toEqual(['requester', 'path']);
  });
});

describe('a reference that leads nowhere', () => {
  test.each(['#/definitions/nope', '#/definitions/a/b', '#/definitions/list/2', '#/definitions/list/', '#/'])(
    '%s',
    (reference) => {
      expect(problems(`definitions: { a: 1, list: [1, 2] }\nx: { y: { $ref: "${reference}" } }`)).toEqual([
        `x.y.$ref: ${reference} points to nothing in this manifest.`,
      ]);
    },
  );

  test('is told with the name that it is like', () => {
    const { problems: found } = resolve('definitions: { requester: { url: a } }\nx: "#/definitions/reqester/url"');
    expect(found).toMatchObject([{ hint: 'Did you mean #/definitions/requester/url?' }]);
  });

  test('every one is told', () => {
    expect(problems('a: "#/x"\nb: [{ $ref: "#/y" }]\nc: { $ref: "#/z", d: 1 }')).toEqual([
      'a: #/x points to nothing in this manifest.',
      'b.0.$ref: #/y points to nothing in this manifest.',
      'c.$ref: #/z points to nothing in this manifest.',
    ]);
  });

  test('what every object has is no part of the manifest', () => {
    for (const key of ['constructor', 'toString', '__proto__'])
      expect(problems(`x: "#/${key}"`)).toEqual([`x: #/${key} points to nothing in this manifest.`]);
  });
});

describe('references in a circle', () => {
  test('to itself', () => {
    expect(problems('definitions: { a: { $ref: "#/definitions/a" } }\nx: "#/definitions/a"')).toEqual([
      'definitions.a.$ref: #/definitions/a refers to itself through #/definitions/a → #/definitions/a.',
    ]);
  });

  test('through others', () => {
    expect(
      problems('definitions: { a: "#/definitions/b", b: { c: "#/definitions/a" } }\nx: "#/definitions/a"'),
    ).toEqual([
      'definitions.b.c: #/definitions/a refers to itself through #/definitions/a → #/definitions/b → #/definitions/a.',
    ]);
  });

  test('to what they stand in', () => {
    expect(problems('streams: [{ parent: { $ref: "#/streams/0" } }]')).toEqual([
      'streams.0.parent.$ref: #/streams/0 refers to itself through #/streams/0 → #/streams/0.',
    ]);
  });
});
