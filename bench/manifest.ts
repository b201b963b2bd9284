/**
 * `node bench/manifest.ts`: how long a manifest takes from its text to a compiled one, by size. Prints the median of some rounds, the
 * first one too, since a service that has just started pays for that.
 */
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { largeManifest } from './large-manifest.ts';

const ROUNDS = 9;
const NONE = { wallMs: 0, cpuMs: 0 };
const TARGETS = [
  { bytes: 33_000, limitMs: null },
  { bytes: 162_000, limitMs: 150 },
  { bytes: 1_250_000, limitMs: 1_500 },
];

for (const { bytes, limitMs } of TARGETS) {
  const text = largeManifest(bytes);
  const rounds = Array.from({ length: ROUNDS }, () => timesOf(text));
  const [first = NONE] = rounds;
  const wallMs = median(rounds.map((round) => round.wallMs));
  const cpuMs = median(rounds.map((round) => round.cpuMs));
  const goal = limitMs === null ? '' : `  goal ${limitMs} ms: ${cpuMs <= limitMs ? 'met' : 'missed'}`;
  const kilobytes = Math.round(Buffer.byteLength(text) / 1000);
  const shown = `median ${wallMs.toFixed(0)} ms, of these on the processor ${cpuMs.toFixed(0)} ms`;
  process.stdout.write(`${kilobytes} kB  ${shown}  first ${first.cpuMs.toFixed(0)} ms${goal}\n`);
}

/** A machine that does other things makes the wall's clock say more than the work takes. */
function timesOf(text: string): { wallMs: number; cpuMs: number } {
  const [startedAt, used] = [performance.now(), process.threadCpuUsage()];
  const { manifest, issues } = parseManifest(text, language);
  const { user, system } = process.threadCpuUsage(used);
  if (!manifest) throw new Error(issues.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
