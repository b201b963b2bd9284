const FORMATS: readonly (readonly [RegExp, string])[] = [
  [/\.tsv$/, 'tsv'],
  [/\.(jsonl|ndjson)$/, 'jsonl'],
  [/\.json$/, 'json'],
  [/\.parquet$/, 'parquet'],
  [/\.xlsx$/, 'excel'],
];

/** The format that a file's name shows, packed or not; CSV when it shows none. */
export function formatOfName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[?#].*$/, '')
    .replace(/\.(gz|zst|zip)$/, '');
  return FORMATS.find(([ending]) => ending.test(plain))?.[1] ?? 'csv';
}

/** A stream's name for a file: its own, without folders and endings. */
export function streamOfName(name: string): string {
  const base =
    name
      .replace(/[?#].*$/, '')
      .split(/[\\/]/)
      .at(-1) ?? '';
  const plain = base
    .split('.')[0]
    ?.replace(/[^\p{L}\p{N}_]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return plain || 'rows';
}

/** A manifest with one stream, of a file at an address or of an uploaded one. */
export function fileManifest(file: { name: string; provider: 'https' | 'upload'; path: string }): string {
  const stream = JSON.stringify(streamOfName(file.name));
  return `version: 6.0.0
type: DeclarativeSource

check:
  type: CheckStream
  stream_names: [${stream}]

streams:
  - type: FileStream
    name: ${stream}
    provider: { type: ${file.provider} }
    path: ${JSON.stringify(file.path)}
    format: { type: ${formatOfName(file.name)} }
`;
}
