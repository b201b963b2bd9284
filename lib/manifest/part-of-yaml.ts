import { isCollection, type Node, parseDocument } from 'yaml';
import type { JsonValue } from '#lib/json.ts';
import { rangeInText, setInText, type TextEdit, type TextPath } from './edit-text.ts';
import { MANIFEST_YAML } from './manifest-yaml.ts';
import { parsedText } from './parsed-text.ts';

/** The lines of the block that stands at `path`, moved to the left edge, with their comments; null where something else stands. */
export function yamlOfPart(text: string, path: TextPath): string | null {
  const node = parsedText(text).getIn(path, true) as Node | undefined;
  const range = rangeInText(text, path);
  if (!isCollection(node) || !range) return null;
  if (node.flow) return text.slice(range.from, range.to);
  const indent = columnOf(text, range.from);
  const [first = '', ...rest] = text.slice(range.from, range.to).trimEnd().split('\n');
  return [first, ...rest.map((line) => line.slice(Math.min(indent, line.search(/\S|$/))))].join('\n');
}

/** The edit that puts YAML in the place of the block at `path`, as it is written; or why it is none. */
export function setYamlInText(text: string, path: TextPath, yaml: string): { edit: TextEdit } | { problem: string } {
  const document = parseDocument(yaml, MANIFEST_YAML);
  const [error] = document.errors;
  if (error) return { problem: error.message.split('\n')[0] ?? error.message };
  const node = parsedText(text).getIn(path, true) as Node | undefined;
  const range = rangeInText(text, path);
  const isBlock = (each: unknown) => isCollection(each) && !each.flow;
  if (range && isBlock(node) && isBlock(document.contents)) {
    const indent = ' '.repeat(columnOf(text, range.from));
    const [first = '', ...rest] = yaml.trimEnd().split('\n');
    const lines = [first, ...rest.map((line) => (line === '' ? line : indent + line))];
    const end = text.slice(range.from, range.to).trimEnd().length + range.from;
    return { edit: { from: range.from, to: end, text: lines.join('\n') } };
  }
  const edit = setInText(text, path, document.toJS() as JsonValue);
  return edit ? { edit } : { problem: 'The manifest must be valid YAML first.' };
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}
