import path from 'node:path';
import { inWords, savedTogether } from './compare-stream.ts';
import type { ManifestResult, StreamResult } from './conform.ts';

/** One line for a manifest and one for each of its streams. */
export function resultLines(result: ManifestResult, seconds: number): string[] {
  const { path: file, valid, spec, catalog, reason, streams } = result;
  const equal = streams.filter(isEqual).length;
  return [
    `${path.basename(file)}  valid ${mark(valid)} spec ${mark(spec)} catalog ${mark(catalog)}  ${equal}/${streams.length} streams  ${seconds.toFixed(1)} s${reason ? `  ${reason}` : ''}`,
    ...streams.map(streamLine),
  ];
}

const SIGNS = { equal: '=', 'fewer requests': '≈', different: '≠', refused: '–' } as const;
type Class = keyof typeof SIGNS;

function streamLine(stream: StreamResult): string {
  const { name, records, state, requests, counts, reason } = stream;
  const amount = counts ? `  (${counts.records} records, ${counts.requests} requests)` : '';
  return `  ${SIGNS[classOf(stream)]} ${name}  records ${mark(records)} state ${mark(state)} requests ${mark(requests)}${amount}${reason ? `  ${reason}` : ''}`;
}

/** What a reader wants to know of a stream first. */
function classOf(stream: StreamResult): Class {
  if (stream.outcome === 'refused') return 'refused';
  if (!isEqual(stream)) return 'different';
  return stream.outcome === 'fewer requests' ? 'fewer requests' : 'equal';
}

/** What came out for all, and at the end each difference once more. */
export function totalLines(manifests: readonly ManifestResult[]): string[] {
  const streams = manifests.flatMap((manifest) => manifest.streams.map((stream) => ({ ...stream, manifest })));
  const of = (kind: Class) => streams.filter((stream) => classOf(stream) === kind);
  const count = (what: 'valid' | 'spec' | 'catalog') =>
    share(manifests.filter((manifest) => manifest[what]).length, manifests.length);
  const streamCount = (what: 'records' | 'state' | 'requests') =>
    share(streams.filter((stream) => stream[what]).length, streams.length);
  const [equal, fewer, different, refused] = [of('equal'), of('fewer requests'), of('different'), of('refused')];
  const saved = fewer.reduce<ReturnType<typeof savedTogether>>(
    (all, one) => savedTogether(all ?? undefined, one.saved),
    null,
  );
  const among = (['empty', 'both fail'] as const).map(
    (name) =>
      `${equal.filter(({ outcome }) => outcome === name).length} ${name === 'empty' ? 'without a record' : 'fail in both'}`,
  );
  return [
    '',
    `manifests ${manifests.length}: valid ${count('valid')}, spec ${count('spec')}, catalog ${count('catalog')}`,
    `streams ${streams.length}: records ${streamCount('records')}, state ${streamCount('state')}, requests ${streamCount('requests')}; all three ${share(equal.length + fewer.length, streams.length)}`,
    `  = equal                                   ${equal.length}, of these ${among.join(', ')}`,
    `  ≈ equal, with fewer requests on purpose   ${fewer.length}${saved ? `: ${inWords(saved)} less than the cdk` : ''}`,
    `  ≠ different                               ${different.length}, of these ${different.filter(({ outcome }) => outcome === 'no answer').length} where one gave no answer`,
    `  – need a Python class                     ${refused.length}`,
    ...manifests
      .filter(({ reason }) => reason !== null)
      .map((manifest) => `${path.basename(manifest.path)}: ${manifest.reason}`),
    ...different.map((stream) => `≠ ${path.basename(stream.manifest.path)} ${stream.name}: ${stream.reason}`),
  ];
}

export function isEqual({ records, state, requests }: StreamResult): boolean {
  return records && state && requests;
}

function share(part: number, whole: number): string {
  return `${part} of ${whole}${whole > 0 ? ` (${((100 * part) / whole).toFixed(1)} %)` : ''}`;
}

function mark(value: boolean): string {
  return value ? 'yes' : 'NO';
}
