import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { SchemaLoader } from '../families.ts';
import { scopeOf } from '../scope.ts';
import type { ExtractContext } from '../source.ts';

const MOST_BYTES = 2_000_000;
const DEFAULT_PATH = "./schemas/{{ parameters['name'] }}.json";

export const jsonFileSchemaLoader = defineKind<SchemaLoader>({
  name: 'JsonFileSchemaLoader',
  family: 'schema_loader',
  docs: 'The JSON schema of the records, in a file beside the manifest; where there is none, nothing is known of them.',
  example: `type: JsonFileSchemaLoader\nfile_path: "./schemas/{{ parameters['name'] }}.json"\n`,
  fields: { file_path: template('The file, below a folder that the operator allows.') },
  create(loader, build) {
    const source = typeof loader.file_path === 'string' && loader.file_path !== '' ? loader.file_path : DEFAULT_PATH;
    const scope = scopeOf(build, loader);
    return {
      async schema(context) {
        const file = interpolateText(source, scope);
        const text = await textOf(context, file);
        return text === null ? {} : schemaOf(text, file);
      },
    };
  },
});

/** Null where no allowed folder has the file. */
async function textOf({ fileRoots = [] }: ExtractContext, file: string): Promise<string | null> {
  for (const root of fileRoots) {
    try {
      const found = await realpath(path.join(root, file));
      if (!found.startsWith(root + path.sep)) continue;
      return (await readFile(found)).subarray(0, MOST_BYTES).toString('utf8');
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

function schemaOf(text: string, file: string): JsonObject {
  try {
    const schema = parseJson(text);
    if (isJsonObject(schema)) return schema;
  } catch {
    // Said below.
  }
  throw new WeirError({
    kind: 'config',
    code: 'bad_schema_file',
    message: `${file} is no JSON schema.`,
    hint: 'Correct the file, or put the schema into the manifest with an InlineSchemaLoader.',
  });
}
