import { type Document, parseDocument } from 'yaml';
import { MANIFEST_YAML } from './manifest-yaml.ts';

let last: { text: string; document: Document } | null = null;

/** The text as a YAML document. The last one is kept: the editor asks for it with every move of the cursor. */
export function parsedText(text: string): Document {
  if (last?.text !== text) last = { text, document: parseDocument(text, MANIFEST_YAML) as unknown as Document };
  return last.document;
}
