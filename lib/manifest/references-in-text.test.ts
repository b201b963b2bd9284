import { expect, test } from 'vitest';
import { definitionAt, referenceTargets, usesAt } from './references-in-text.ts';

const TEXT = `definitions:
  base: { type: HttpRequester, url: "https://x.example" }
  linked:
    HttpRequester: { authenticator: { type: NoAuth } }
streams:
  - type: DeclarativeStream
    $parameters: { name: orders }
    retriever:
      requester:
        $ref: "#/definitions/base"
        path: "/{{ parameters['name'] }}"
  - { $ref: "#/definitions/linked/HttpRequester" }
  - { $ref: "#/definitions/base" }
`;

const at = (needle: string, nth = 0) => {
  let index = -1;
  for (let count = 0; count <= nth; count++) index = TEXT.indexOf(needle, index + 1);
  return index + 1;
};
const said = (ranges: readonly { from: number; to: number }[]) => ranges.map(({ from, to }) => TEXT.slice(from, to));

test('a reference leads to the key that it names', () => {
  const found = definitionAt(TEXT, at('#/definitions/base') + 4);
  expect(found && TEXT.slice(found.from, found.to)).toBe('base');
  expect(found?.from).toBe(TEXT.indexOf('base'));
  const nested = definitionAt(TEXT, at('#/definitions/linked'));
  expect(nested?.from).toBe(TEXT.indexOf('HttpRequester: {'));
});

test('a parameter leads to the innermost $parameters that has it', () => {
  expect(definitionAt(TEXT, at("parameters['name']"))?.from).toBe(TEXT.indexOf('name: orders'));
});

test('a definition knows who refers to it, and so does each reference', () => {
  expect(said(usesAt(TEXT, at('base:')))).toEqual(['#/definitions/base', '#/definitions/base']);
  expect(usesAt(TEXT, at('#/definitions/base'))).toEqual(usesAt(TEXT, at('base:')));
  expect(said(usesAt(TEXT, at('name: orders')))).toEqual(["parameters['name']"]);
});

test('what is neither leads nowhere, in broken YAML too', () => {
  expect(definitionAt(TEXT, at('DeclarativeStream'))).toBeNull();
  expect(usesAt('a: [', 1)).toEqual([]);
});

test('targets are the definitions, and what stands in those that are no components', () => {
  expect(referenceTargets(TEXT)).toEqual([
    '#/definitions/base',
    '#/definitions/linked',
    '#/definitions/linked/HttpRequester',
  ]);
});
