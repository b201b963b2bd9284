import { expect, test } from 'vitest';
import { applyEdit } from './edit-text.ts';
import { setYamlInText, yamlOfPart } from './part-of-yaml.ts';

const TEXT = `streams:
  - name: orders
    retriever: # reads
      # from page to page
      paginator:
        type: NoPagination # none
      requester: { type: HttpRequester }
    keep: me # yes
`;
const PATH = ['streams', 0, 'retriever'];

test('a part is shown at the left edge with its comments, and put back unchanged it changes nothing', () => {
  const yaml = yamlOfPart(TEXT, PATH);
  expect(yaml).toContain('paginator:\n  type: NoPagination # none\nrequester: { type: HttpRequester }');
  const put = setYamlInText(TEXT, PATH, yaml ?? '');
  expect('edit' in put && applyEdit(TEXT, put.edit)).toBe(TEXT);
});

test('what is put in its place is written as it was typed, and all around it stays', () => {
  const put = setYamlInText(TEXT, PATH, 'type: SimpleRetriever # mine\nrequester:\n  type: HttpRequester\n');
  expect('edit' in put && applyEdit(TEXT, put.edit)).toContain(
    `      type: SimpleRetriever # mine
      requester:
        type: HttpRequester
    keep: me # yes
`,
  );
});

test('in a flow it becomes a flow, and broken YAML is told', () => {
  const put = setYamlInText(TEXT, [...PATH, 'requester'], 'type: HttpRequester\npath: /x\n');
  expect('edit' in put && applyEdit(TEXT, put.edit)).toContain('requester: { type: HttpRequester, path: /x }');
  expect(setYamlInText(TEXT, PATH, 'a: [')).toHaveProperty('problem');
});
