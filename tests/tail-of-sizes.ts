import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const LONG_FILE = 400;
const SHOWN = 12;

/** The longest files, to look at: split by meaning, or left whole with a reason. */
export function tail(project: string): string {
  const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx'], { cwd: project, encoding: 'utf8' })
    .trim()
    .split('\n');
  const long = files
    .map((file) => ({ file, lines: readFileSync(path.join(project, file), 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > LONG_FILE)
    .toSorted((a, b) => b.lines - a.lines);
  if (long.length === 0) return `\nNo file is over ${LONG_FILE} lines.\n`;
  const rows = long.slice(0, SHOWN).map(({ file, lines }) => `  ${lines} ${file}`);
  return `\nFiles over ${LONG_FILE} lines:\n${rows.join('\n')}\n`;
}
