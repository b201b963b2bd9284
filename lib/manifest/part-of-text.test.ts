import fc from 'fast-check';
import { expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from './parse-manifest.ts';
import { partOfText } from './part-of-text.ts';

const SHOP = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
definitions:
  streams:
    orders:
      type: DeclarativeStream
      name: orders
      retriever:
        type: SimpleRetriever
        requester: { $ref: "#/definitions/requester", path: /orders }
        record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    customers:
      type: DeclarativeStream
      name: customers
      retriever:
        type: SimpleRetriever
        requester: { $ref: "#/definitions/requester", path: /customers }
        record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
  requester:
    type: HttpRequester
    url_base: https://shop.example
    authenticator: { $ref: "#/definitions/auth" }
  auth:
    type: BearerAuthenticator
    api_token: "{{ config['token'] }}"
streams:
  - $ref: "#/definitions/streams/orders"
  - $ref: "#/definitions/streams/customers"
`;

const lineOf = (text: string, needle: string) => text.slice(0, text.indexOf(needle)).split('\n').length;
const issuesOf = (text: string) => parseManifest(text, language).issues;

/** What the part says of its piece, with the lines of the whole. */
function issuesOfPart(text: string, line: number) {
  const part = partOfText(text, line);
  if (part === null) throw new Error('it can’t be taken apart');
  return issuesOf(part.text)
    .map((issue) => ({ ...issue, line: part.lines[issue.line - 1] ?? 0, endLine: part.lines[issue.endLine - 1] ?? 0 }))
    .filter(({ line: at }) => at >= part.from && at <= part.to)
    .map(withoutPath);
}

/** Streams that are left out leave their numbers. */
const withoutPath = ({ path: _path, ...issue }: ReturnType<typeof issuesOf>[number]) => issue;

test('a part holds the stream, what it refers to, and what leads to it', () => {
  const part = partOfText(SHOP, lineOf(SHOP, 'name: orders'));
  expect(part?.text).toContain('url_base');
  expect(part?.text).toContain('BearerAuthenticator');
  expect(part?.text).toContain('- $ref: "#/definitions/streams/orders"');
  expect(part?.text).not.toContain('name: customers');
  expect([part?.from, part?.to]).toEqual([6, 12]);
});

test('a mistake in a stream or in what it refers to is told by the part as by the whole', () => {
  for (const [right, wrong] of [
    ['path: /orders', 'path: [1]'],
    ['field_path: [data]', 'field_pat: [data]'],
    ['url_base', 'url_bas'],
    ["config['token']", "confi['token']"],
    ['#/definitions/auth', '#/definitions/aut'],
  ] as const) {
    const text = SHOP.replace(right, wrong);
    const line = lineOf(text, wrong);
    const said = issuesOfPart(text, line);
    expect(said.length).toBeGreaterThan(0);
    const part = partOfText(text, line);
    const whole = issuesOf(text).filter((issue) => issue.line >= (part?.from ?? 0) && issue.line <= (part?.to ?? 0));
    expect(said).toEqual(whole.map(withoutPath));
  }
});

test('streams that others call by their number keep it', () => {
  const stream = (name: string, more = '') => `  - type: DeclarativeStream
    name: ${name}
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "https://x.example/${name}" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }${more}
`;
  const parent = `
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs: [{ type: ParentStreamConfig, parent_key: id, partition_field: p, stream: { $ref: "#/streams/1" } }]`;
  const text = `version: 6.0.0\ntype: DeclarativeSource\ncheck: { type: CheckStream, stream_names: [c] }\nstreams:\n${stream('a')}${stream('b')}${stream('c', parent)}`;
  expect(issuesOf(text)).toEqual([]);
  expect(issuesOfPart(text, lineOf(text, 'name: c'))).toEqual([]);
  expect(partOfText(text, lineOf(text, 'name: c'))?.text).not.toContain('x.example/a');
});

test('what is not laid out by lines is left to the whole', () => {
  expect(partOfText('{"streams": []}', 1)).toBeNull();
  expect(partOfText('a: &x 1\nstreams:\n  - *x\n', 3)).toBeNull();
  expect(partOfText(SHOP, lineOf(SHOP, 'streams:'))).toBeNull();
});

test('every line of a part is a line of the whole, whatever the text', () => {
  const word = fc.constantFrom(
    'streams:',
    'definitions:',
    '  - a: 1',
    '  b:',
    '    type: X',
    '  $ref: "#/definitions/b"',
    '',
    '#',
    '- x',
    'x: |',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.nat(30), (lines, line) => {
      const part = partOfText(lines.join('\n'), line);
      if (part === null) return;
      expect(line).toBeGreaterThanOrEqual(part.from);
      expect(line).toBeLessThanOrEqual(part.to);
      for (const [index, text] of part.text.split('\n').entries())
        expect(text.trim() === '- null' || lines[(part.lines[index] ?? 0) - 1]?.startsWith(text)).toBe(true);
    }),
  );
});
