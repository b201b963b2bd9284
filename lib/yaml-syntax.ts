import { type Document, visit } from 'yaml';

/** Broken YAML: the library's code and words, and where it stands in the text. */
export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** What is wrong wherever it stands; all else makes what comes after it be read wrongly. */
const ALONE = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

/** What is broken in a text up to the first mistake that hides the rest: what is said of later lines mostly follows from that one. */
export function yamlProblems(document: Document): YamlProblem[] {
  const all = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    code,
    message: message.split(' at line')[0]?.split('\n')[0] ?? message,
    pos: [pos[0], pos[1]] as const,
  }));
  const sorted = all
    .map((problem) => (problem.code === 'MISSING_CHAR' ? atOpening(document, problem) : problem))
    .toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = sorted.findIndex(({ code }) => !ALONE.has(code));
  return first < 0 ? sorted : sorted.slice(0, first + 1);
}

/** A quote that is never closed is missed at the end of the text; what can be mended is where it was opened. */
function atOpening(document: Document, problem: YamlProblem): YamlProblem {
  const [missedAt] = problem.pos;
  let opened = problem;
  visit(document, {
    Scalar(_key, node) {
      const [from, to] = node.range ?? [missedAt, missedAt];
      if (node.type?.startsWith('QUOTE') && from < missedAt && to >= missedAt)
        opened = { ...problem, message: 'This quote is never closed', pos: [from, from + 1] };
    },
  });
  return opened;
}
