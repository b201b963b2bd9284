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

/** Where the files of a stream are: what its manifest says of the provider, and their path there. */
export interface FilePlace {
  /** With the space or line end before it. */
  readonly provider: string;
  readonly path: string;
  /** What the stream is called after. */
  readonly name: string;
  /** Settings that its source asks for, as the rest of the manifest. */
  readonly spec: string;
  /** What its format is known by; the path when absent. */
  readonly shows?: string;
}

/** An address, a bucket's `s3://bucket/orders/*.csv`, or a path of the server such as `/data/orders-*.csv`; null for anything else. */
export function filePlace(given: string): FilePlace | null {
  const text = given.trim();
  if (/^https?:\/\/./.test(text)) return { provider: ' { type: https }', path: text, name: text, spec: '' };
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(text) ?? [];
  if (bucket !== undefined)
    return { provider: bucketProvider(bucket), path: allOf(key), name: lastName(key) || bucket, spec: BUCKET_SPEC };
  const [, folder, path] = /^(\/(?:[^*?[{]*\/)?)(.*)$/.exec(text) ?? [];
  if (folder === undefined || path === undefined) return null;
  const provider = ` { type: folder, folder: ${JSON.stringify(folder.replace(/(.)\/$/, '$1'))} }`;
  return { provider, path: allOf(path), name: lastName(text), spec: '' };
}

/** The place of a file that was sent here. */
export function uploadPlace(id: string, name: string): FilePlace {
  return { provider: ' { type: upload }', path: id, name, spec: '', shows: name };
}

/** A manifest with one stream of files. */
export function fileManifest({ provider, path, name, spec, shows = path }: FilePlace): string {
  const stream = JSON.stringify(streamOfName(name));
  return `version: 6.0.0
type: DeclarativeSource

check:
  type: CheckStream
  stream_names: [${stream}]

streams:
  - type: FileStream
    name: ${stream}
    provider:${provider}
    path: ${JSON.stringify(path)}
    format: { type: ${formatOfName(shows)} }
${spec}`;
}

/** A folder stands for what lies in it. */
function allOf(path: string): string {
  return path === '' || path.endsWith('/') ? `${path}*` : path;
}

/** The last part of a path that is not made of signs alone: `orders` of `orders/*.csv`. */
function lastName(path: string): string {
  return path.split('/').findLast((part) => /\p{L}/u.test(part.split('.')[0] ?? '')) ?? '';
}

function bucketProvider(bucket: string): string {
  return `
      type: s3
      bucket: ${JSON.stringify(bucket)}
      endpoint: "{{ config.get('endpoint', '') }}"
      region: "{{ config.get('region', '') }}"
      access_key_id: "{{ config.get('access_key_id', '') }}"
      secret_access_key: "{{ config.get('secret_access_key', '') }}"`;
}

const BUCKET_SPEC = `
spec:
  type: Spec
  connection_specification:
    $schema: http://json-schema.org/draft-07/schema#
    type: object
    properties:
      endpoint:
        type: string
        title: Endpoint
        description: Address of MinIO, R2, Ceph or another store; empty for Amazon S3.
        examples: ["http://minio:9000"]
        order: 0
      region:
        type: string
        title: Region
        default: us-east-1
        order: 1
      access_key_id:
        type: string
        title: Access key id
        description: Empty, as its secret, where anybody may read.
        airbyte_secret: true
        order: 2
      secret_access_key:
        type: string
        title: Secret access key
        airbyte_secret: true
        order: 3
`;
