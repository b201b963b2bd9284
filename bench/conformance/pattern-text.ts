/** A text that a pattern matches: the shortest way through it, with classes, groups, choices and repetitions. */
export function textFor(pattern: string, name: string): string {
  const plain = `my-${name.replaceAll('_', '-')}`;
  const candidates = [
    plain,
    plain.replaceAll('-', ''),
    `https://${name.replaceAll('_', '-')}.example.com`,
    '12345',
    made(pattern),
  ];
  try {
    const expression = new RegExp(pattern, 'u');
    return candidates.find((text) => expression.test(text)) ?? plain;
  } catch {
    return plain;
  }
}

function made(pattern: string): string {
  let at = 0;
  const choice = (): string => {
    const options = [sequence()];
    while (pattern[at] === '|') {
      at++;
      options.push(sequence());
    }
    return options.find((option) => option !== '') ?? '';
  };
  const sequence = (): string => {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') text += repeated(atom());
    return text;
  };
  const repeated = (piece: string): string => {
    const [whole, range] = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(pattern.slice(at)) ?? [];
    if (whole === undefined) return piece;
    at += whole.length;
    if (range !== undefined) return piece.repeat(Number(range));
    return whole.startsWith('+') ? piece.repeat(3) : whole.startsWith('*') ? piece : '';
  };
  const atom = (): string => {
    const character = pattern[at++] ?? '';
    if (character === '(') {
      const special = /^\?(?::|<\w+>|[=!]|<[=!])/.exec(pattern.slice(at))?.[0] ?? '';
      at += special.length;
      const inner = choice();
      at++;
      return /[=!]$/.test(special) ? '' : inner;
    }
    if (character === '[') return fromClass();
    if (character === '\\') return letterFor(pattern[at++] ?? '');
    return character === '^' || character === '$' ? '' : character === '.' ? 'x' : character;
  };
  const fromClass = (): string => {
    const end = pattern.indexOf(']', at + 1);
    const inside = pattern.slice(at, end < 0 ? undefined : end);
    at = end < 0 ? pattern.length : end + 1;
    if (inside.startsWith('^')) return 'x';
    return inside.startsWith('\\') ? letterFor(inside[1] ?? '') : (inside[0] ?? '');
  };
  return choice();
}

function letterFor(letter: string): string {
  return ({ d: '1', w: 'a', s: ' ', S: 'a', D: 'a', W: '-', b: '' } as Record<string, string>)[letter] ?? letter;
}
