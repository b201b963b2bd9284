import type { JsonObject } from '#lib/json.ts';
import { layoutSpec } from '../layout.ts';
import { formatKinds } from './formats/index.ts';
import { retentionSpec } from './retention.ts';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the variables of Airbyte's path format.
/** What a path is made of when the config says nothing. */
export const DEFAULT_PATH_FORMAT = '${NAMESPACE}/${STREAM_NAME}/${YEAR}_${MONTH}_${DAY}_${EPOCH}_';
/** The same for a bucket path that names the stream itself. */
export const SHORT_PATH_FORMAT = '${YEAR}_${MONTH}_${DAY}_${EPOCH}_';
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

export const GRANULARITIES = ['year', 'month', 'day', 'hour'] as const;

/** As Airbyte's destination-s3 asks for it, so that its configs fit; layout, partitions and retention are ours. */
export const s3Spec: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'S3',
  type: 'object',
  required: ['s3_bucket_name', 's3_bucket_path', 's3_bucket_region', 'access_key_id', 'secret_access_key', 'format'],
  additionalProperties: true,
  properties: {
    s3_bucket_name: { title: 'Bucket', type: 'string', minLength: 1, examples: ['datalake'], order: 0 },
    s3_bucket_path: {
      title: 'Path in the bucket',
      description: 'The folder of all files; may hold the variables of the path below.',
      type: 'string',
      examples: ['airbyte-data'],
      order: 1,
    },
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
    format: {
      title: 'Format',
      type: 'object',
      order: 6,
      default: { format_type: 'Parquet', compression_codec: 'SNAPPY' },
      oneOf: formatKinds.map((kind) => kind.spec),
    },
    layout: { ...layoutSpec, order: 7 },
    s3_path_format: {
      title: 'Path of a file',
      description:
        'Variables: NAMESPACE, STREAM_NAME, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, EPOCH, UUID (UTC).',
      type: 'string',
      default: DEFAULT_PATH_FORMAT,
      order: 8,
    },
    file_name_pattern: {
      title: 'Name of a file',
      description:
        'Follows the path. Placeholders: {date}, {date:yyyy_MM}, {timestamp}, {timestamp:micros}, {part_number}, {sync_id}, {format_extension}. Empty: the number of the part.',
      type: 'string',
      examples: ['{date}_{sync_id}_{part_number}{format_extension}'],
      order: 9,
    },
    partition_column: {
      title: 'Partition by a date column',
      description:
        'Name of a date or timestamp field. Files go into folders such as created_at_day=2026-11-25, which DuckDB, Spark, Athena and Dremio read as a column. Streams without the field are not partitioned.',
      type: 'string',
      examples: ['created_at'],
      order: 10,
    },
    partition_granularity: {
      title: 'One folder for each',
      type: 'string',
      enum: [...GRANULARITIES],
      default: 'day',
      order: 11,
    },
    retention: { ...retentionSpec, order: 12 },
  },
};
