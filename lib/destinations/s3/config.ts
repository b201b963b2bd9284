import { type Issue, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { type LayoutName, readLayout } from '../layout.ts';
import type { FileFormat } from './formats/format.ts';
import { readFormat } from './formats/index.ts';
import { staticPrefix } from './path-template.ts';
import { type RetentionRule, readRetention } from './retention.ts';
import { DEFAULT_PATH_FORMAT, GRANULARITIES, SHORT_PATH_FORMAT } from './spec.ts';

export type Granularity = (typeof GRANULARITIES)[number];

export interface S3Config {
  readonly bucket: string;
  /** Without slashes at either end; may be empty, and may hold variables. */
  readonly path: string;
  /** The path as far as it holds no variables: what is ours lies below it, in `_weir/`. */
  readonly ownPath: string;
  readonly region: string;
  /** Null for Amazon's own. */
  readonly endpoint: URL | null;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pathFormat: string;
  readonly fileNamePattern: string | null;
  readonly format: FileFormat;
  readonly layout: LayoutName;
  readonly partition: { readonly field: string; readonly granularity: Granularity } | null;
  readonly retention: RetentionRule;
}

/** Throws `bad_config` with every problem at once. */
export function readS3Config(config: JsonObject): S3Config {
  const issues: Issue[] = [];
  const text = (name: string): string => {
    const value = config[name];
    if (typeof value === 'string' && value !== '') return value;
    issues.push({ path: name, message: `${name} is missing.` });
    return '';
  };
  const path = optionalText(config.s3_bucket_path, '').replace(/^\/+|\/+$/g, '');
  const read: S3Config = {
    bucket: text('s3_bucket_name'),
    path,
    ownPath: staticPrefix(path),
    region: optionalText(config.s3_bucket_region, 'us-east-1'),
    endpoint: readEndpoint(config.s3_endpoint, issues),
    accessKeyId: text('access_key_id'),
    secretAccessKey: text('secret_access_key'),
    pathFormat: readPathFormat(config, path),
    fileNamePattern: optionalText(config.file_name_pattern, '') || null,
    format: readFormat(config.format, issues),
    layout: readLayout(config, issues),
    partition: readPartition(config, issues),
    retention: readRetention(config.retention, issues),
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

/** A bucket path that names the stream already needs no second folder of that name. */
function readPathFormat(config: JsonObject, path: string): string {
  const given = optionalText(config.s3_path_format, DEFAULT_PATH_FORMAT);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable of Airbyte's path format.
  return given === DEFAULT_PATH_FORMAT && path.includes('${STREAM_NAME}') ? SHORT_PATH_FORMAT : given;
}

function readEndpoint(value: unknown, issues: Issue[]): URL | null {
  if (value === undefined || value === null || value === '') return null;
  const url = URL.canParse(String(value)) ? new URL(String(value)) : null;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  issues.push({ path: 's3_endpoint', message: 'Endpoint has to begin with http:// or https://.' });
  return null;
}

function readPartition(config: JsonObject, issues: Issue[]): S3Config['partition'] {
  const field = optionalText(config.partition_column, '');
  if (field === '') return null;
  const granularity = GRANULARITIES.find((one) => one === (config.partition_granularity ?? 'day'));
  if (!granularity)
    issues.push({
      path: 'partition_granularity',
      message: `partition_granularity is none of ${GRANULARITIES.join(', ')}.`,
    });
  return { field, granularity: granularity ?? 'day' };
}

function optionalText(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
