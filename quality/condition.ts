const MAX_LENGTH = 20_000;
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/**
 * What keeps a text from being one closed SQL expression, or null. It can then stand between parentheses without
 * reaching out of them: brackets balance, quotes close, and there is no comment, second statement or escape that the
 * reader of the SQL would take otherwise than we do.
 */
export function conditionProblem(text: string): string | null {
  if (text.trim() === '') return 'The condition is empty.';
  if (text.length > MAX_LENGTH) return `The condition is longer than ${MAX_LENGTH} characters.`;
  const open: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === "'" || character === '"') {
      if (character === "'" && /(^|[^\w$])(e|u&|b|x|n)$/i.test(text.slice(0, at)))
        return 'Write plain text in quotes, without a prefix such as E.';
      at = text.indexOf(character, at + 1);
      if (at < 0) return `A ${character} is not closed.`;
    } else if ('([{'.includes(character)) open.push(character);
    else if (OPENING[character] && open.pop() !== OPENING[character]) return `A ${character} has no opening bracket.`;
    else if (character === ';') return 'One condition, without a semicolon.';
    else if (text.startsWith('--', at) || text.startsWith('/*', at)) return 'Write the condition without comments.';
    else if (character === '$' || character === '\\' || character === '\u0000')
      return `${character || 'NUL'} can’t stand in a condition outside of quotes.`;
  }
  return open.length > 0 ? `A ${open.at(-1)} is not closed.` : null;
}

/** The same of one whole SELECT. The session that runs it can write nothing. */
export function queryProblem(text: string): string | null {
  const query = text.trim().replace(/;$/, '').replaceAll('{table}', 'x');
  if (!/^(select|with)\b/i.test(query)) return 'The query begins with select or with.';
  return conditionProblem(query)?.replace('condition', 'query') ?? null;
}
