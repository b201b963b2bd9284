import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import type { SchemaLoader, StreamReader } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { primaryKeyOf } from '../stream/declarative-stream.ts';
import type { FileStreamOptions } from './file-options.ts';
import { checkFiles, discoverFiles, readFiles } from './read-files.ts';

const VARIABLES = ['config', 'parameters'];

export const fileStream = defineKind<StreamReader>({
  name: 'FileStream',
  family: 'stream',
  docs: 'A stream of rows from files. An addition of Weir.',
  example:
    'type: FileStream\nname: rows\nprovider: { type: https }\npath: https://example.com/rows.csv\nformat: { type: csv }\n',
  fields: {
    name: { docs: 'Its name, and the name of its table.', required: true, types: ['string'] },
    provider: {
      docs: 'Where the files are: https, s3, upload, or a folder that the operator allows.',
      required: true,
      types: ['object'],
      variables: VARIABLES,
      schema: {
        type: 'object',
        required: ['type'],
        properties: {
          type: { enum: ['https', 's3', 'upload', 'folder'], description: 'The kind of place.' },
          base_url: { type: 'string', description: 'https: put before the path.' },
          headers: { type: 'object', description: 'https: headers of the request.' },
          bucket: { type: 'string', description: 's3: the bucket.' },
          endpoint: { type: 'string', description: 's3: MinIO, R2 and others.' },
          region: { type: 'string', description: 's3: the region.' },
          access_key_id: { type: 'string', description: 's3: key; unsigned without.' },
          secret_access_key: { type: 'string', description: 's3: its secret.' },
          folder: { type: 'string', description: 'folder: one below WEIR_FILE_ROOTS.' },
        },
      },
    },
    path: template('The file, or a glob over files (not over https).', [], { required: true }),
    format: {
      docs: 'How the files are written.',
      required: true,
      types: ['object'],
      variables: VARIABLES,
      schema: {
        type: 'object',
        required: ['type'],
        properties: {
          type: { enum: ['csv', 'tsv', 'jsonl', 'json', 'parquet', 'excel'], description: 'The format.' },
          delimiter: { type: 'string', description: 'csv: found by itself when absent.' },
          quote: { type: 'string', description: 'csv: the quote.' },
          header: { type: 'boolean', description: 'csv: whether the first row names the columns.' },
          encoding: { type: 'string', description: 'csv: found by the first bytes when absent.' },
          columns: { type: 'array', items: { type: 'string' }, description: 'csv: names of the columns.' },
          null_values: { type: 'array', items: { type: 'string' }, description: 'csv: texts that stand for null.' },
          true_values: { type: 'array', items: { type: 'string' }, description: 'csv: texts that stand for true.' },
          false_values: { type: 'array', items: { type: 'string' }, description: 'csv: texts that stand for false.' },
          skip_rows: { type: 'integer', description: 'csv, excel: rows before the header.' },
          date_formats: { type: 'object', description: 'csv: how dates are written, by column, such as DD.MM.YYYY.' },
          bad_rows: { enum: ['fail', 'skip'], description: 'csv, jsonl: what becomes of rows that do not fit.' },
          reader_options: { description: 'csv: the same by the names of pandas, as an object or JSON text.' },
          sheet: {
            type: ['string', 'integer'],
            description: 'excel: name of the sheet, or its number from 1; the first that is not hidden when absent.',
          },
          record_path: { type: 'array', items: { type: 'string' }, description: 'json: where the records are.' },
        },
      },
    },
    member: { docs: 'Of a zip archive with several files: which one, by name or glob.', types: ['string'] },
    primary_key: { docs: 'Field or fields that tell rows apart.', types: ['string', 'array'] },
    schema_loader: component('What the rows look like; found by reading when absent.', 'schema_loader'),
  },
  create(stream, build) {
    const options = optionsOf(stream, build);
    const loader = stream.schema_loader ? build.create<SchemaLoader>(stream.schema_loader) : null;
    return {
      async describe(context) {
        return {
          name: String(stream.name),
          jsonSchema: (await loader?.schema(context)) ?? (await discoverFiles(context, options)),
          supportedSyncModes: ['full_refresh', 'incremental'],
          sourceDefinedCursor: true,
          defaultCursorField: [],
          sourceDefinedPrimaryKey: primaryKeyOf(stream.primary_key),
        };
      },
      async *read(context, request) {
        const schema = await loader?.schema(context);
        yield* readFiles(context, { ...options, ...(schema && { schema }) }, request);
      },
      check: (context) => checkFiles(context, options),
    };
  },
});

function optionsOf(stream: JsonObject, build: Build): FileStreamOptions {
  const scope = scopeOf(build, stream);
  const rendered = (value: JsonValue | undefined): JsonValue => {
    if (typeof value === 'string')
      return /\{\{|\{%/.test(value) ? (plain(interpolate(value, scope, { fallback: value })) as JsonValue) : value;
    if (Array.isArray(value)) return value.map(rendered);
    if (!isJsonObject(value)) return value ?? null;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== '$parameters')
        .map(([key, item]) => [key, rendered(item)]),
    );
  };
  const { name, provider, path, format, member, primary_key: key } = stream;
  return {
    name,
    provider: rendered(provider),
    path: rendered(path),
    format: rendered(format),
    ...(member !== undefined && { member }),
    ...(key !== undefined && { primary_key: key }),
  } as unknown as FileStreamOptions;
}
