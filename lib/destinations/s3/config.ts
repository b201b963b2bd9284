import { type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';

export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4', 'ZSTD'] as const;
export type Codec = (typeof CODECS)[number];

export interface S3Config {
  readonly bucket: string;
  /** Without slashes at either end; may be empty. */
  readonly path: string;
  readonly region: string;
  /** Null for Amazon's own. */
  readonly endpoint: URL | null;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pathFormat: string;
  readonly codec: Codec;
  readonly blockSizeMb: number;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: these are the variables of Airbyte's path format.
const DEFAULT_PATH_FORMAT = '${NAMESPACE}/${STREAM_NAME}/${YEAR}_${MONTH}_${DAY}_${EPOCH}_';
const DEFAULT_BLOCK_SIZE_MB = 128;

/** As Airbyte's destination-s3 asks for it, so that its configs fit; of the formats, Parquet. */
export const s3Spec: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'S3',
  type: 'object',
  required: ['s3_bucket_name', 's3_bucket_path', 's3_bucket_region', 'access_key_id', 'secret_access_key', 'format'],
  additionalProperties: true,
  properties: {
    s3_bucket_name: { title: 'Bucket', type: 'string', minLength: 1, examples: ['datalake'], order: 0 },
    s3_bucket_path: { title: 'Path in the bucket', type: 'string', examples: ['airbyte-data'], order: 1 },
    s3_bucket_region: { title: 'Region', type: 'string', default: 'us-east-1', order: 2 },
    s3_endpoint: {
      title: 'Endpoint',
      description: 'Address of MinIO, R2, Ceph or another store; empty for Amazon S3.',
      type: 'string',
      examples: ['http://minio:9000'],
      order: 3,
    },
    access_key_id: { title: 'Access key id', type: 'string', airbyte_secret: true, order: 4 },
    secret_access_key: { title: 'Secret access key', type: 'string', airbyte_secret: true, order: 5 },
    s3_path_format: {
      title: 'Path of a file',
      description:
        'Variables: NAMESPACE, STREAM_NAME, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, EPOCH, UUID (UTC).',
      type: 'string',
      default: DEFAULT_PATH_FORMAT,
      order: 6,
    },
    format: {
      title: 'Format',
      type: 'object',
      order: 7,
      default: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
      oneOf: [
        {
          title: 'Parquet',
          required: ['format_type'],
          properties: {
            format_type: { type: 'string', const: 'Parquet', default: 'Parquet' },
            compression_codec: { title: 'Compression', type: 'string', enum: [...CODECS], default: 'SNAPPY' },
            block_size_mb: {
              title: 'Size of a row group in MB',
              type: 'integer',
              default: DEFAULT_BLOCK_SIZE_MB,
              minimum: 1,
            },
          },
        },
      ],
    },
  },
};

/** Throws `bad_config` with every problem at once. */
export function readS3Config(config: JsonObject): S3Config {
  const issues: Issue[] = [];
  const text = (name: string): string => {
    const value = config[name];
    if (typeof value === 'string' && value !== '') return value;
    issues.push({ path: name, message: `${name} is missing.` });
    return '';
  };
  const format = isJsonObject(config.format) ? config.format : { format_type: 'Parquet' };
  if (format.format_type !== 'Parquet') {
    issues.push({
      path: 'format.format_type',
      message: `The format ${String(format.format_type)} is not supported; use Parquet.`,
    });
  }
  const codec = CODECS.find((one) => one === (format.compression_codec ?? 'SNAPPY'));
  if (!codec)
    issues.push({ path: 'format.compression_codec', message: `compression_codec is none of ${CODECS.join(', ')}.` });
  const read: S3Config = {
    bucket: text('s3_bucket_name'),
    path: optionalText(config.s3_bucket_path, '').replace(/^\/+|\/+$/g, ''),
    region: optionalText(config.s3_bucket_region, 'us-east-1'),
    endpoint: readEndpoint(config.s3_endpoint, issues),
    accessKeyId: text('access_key_id'),
    secretAccessKey: text('secret_access_key'),
    pathFormat: optionalText(config.s3_path_format, DEFAULT_PATH_FORMAT),
    codec: codec ?? 'SNAPPY',
    blockSizeMb: Number(format.block_size_mb ?? DEFAULT_BLOCK_SIZE_MB) || DEFAULT_BLOCK_SIZE_MB,
  };
  if (issues.length === 0) return read;
  throw new WeirError({
    kind: 'config',
    code: 'bad_config',
    message: `The S3 destination can’t be used: ${issues.map((issue) => issue.message).join(' ')}`,
    hint: 'Correct the destination’s settings.',
    issues,
  });
}

function readEndpoint(value: unknown, issues: Issue[]): URL | null {
  if (value === undefined || value === null || value === '') return null;
  const url = URL.canParse(String(value)) ? new URL(String(value)) : null;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  issues.push({ path: 's3_endpoint', message: 's3_endpoint is no http or https address.' });
  return null;
}

function optionalText(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
