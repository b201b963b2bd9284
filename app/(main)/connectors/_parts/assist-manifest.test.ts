import { expect, test } from 'vitest';
import { manifestSchema } from '#lib/connections/manifests.ts';
import { language } from '#lib/extract/kinds.ts';
import { applyEdit } from '#lib/manifest/edit-text.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { fixesOf } from './assist-manifest.ts';

const RIGHT = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
definitions:
  base: { type: HttpRequester, url: "https://x.example/{{ config['shop'] }}" }
streams:
  - type: DeclarativeStream
    name: orders
    retriever:
      type: SimpleRetriever
      requester: { $ref: "#/definitions/base" } # shared
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [data] }
`;

/** The text after the first fix of what is wrong with it. */
function mended(text: string): { title: string; text: string } {
  const { issues } = parseManifest(text, language);
  expect(issues.length).toBeGreaterThan(0);
  const [fix] = issues.flatMap((issue) => fixesOf(text, issue, manifestSchema()));
  if (!fix) throw new Error(`nothing mends ${issues[0]?.message}`);
  return { title: fix.title, text: applyEdit(text, fix.edit) };
}

test.each([
  ['a kind', 'DpathExtractor', 'DpathExtracto', 'Change to DpathExtractor'],
  ['a stream', 'stream_names: [orders]', 'stream_names: [order]', 'Change to orders'],
  ['a variable of a template', "config['shop']", "confg['shop']", 'Change to config'],
  ['a reference', '"#/definitions/base" }', '"#/definitions/bas" }', 'Change to #/definitions/base'],
])('%s that was misspelt', (_, right, wrong, title) => {
  expect(mended(RIGHT.replace(right, wrong))).toEqual({ title, text: RIGHT });
});

test('a field that has no effect is taken out', () => {
  const text = RIGHT.replace('    name: orders\n', '    name: orders\n    colour: red\n');
  expect(mended(text)).toEqual({ title: 'Remove colour', text: RIGHT });
});

test('a field that is missing is added with what its kind begins with', () => {
  const { title, text } = mended(RIGHT.replace(', field_path: [data]', ''));
  expect(title).toBe('Add field_path');
  expect(parseManifest(text, language).issues).toEqual([]);
});
