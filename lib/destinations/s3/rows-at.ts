import type { JsonObject } from '#lib/json.ts';
import { literal } from '#lib/sql-text.ts';
import type { Relation, RowsAt } from '../destination.ts';
import { shellWord } from '../shell-word.ts';

/** Where the files lie, and a line for DuckDB, which takes the keys from the environment or `~/.aws` as every client of S3 does. */
export function s3RowsAt(config: JsonObject, relation: Relation, limit: number): RowsAt | null {
  if (relation.kind !== 'parquet' || relation.files.length === 0) return null;
  const { folder, pattern } = placeOf(relation.files);
  const select = `select * from ${readerOf(pattern)}(${literal(pattern)}) limit ${limit}`;
  const secret = ['type s3', 'provider credential_chain', ...storeOf(config)].join(', ');
  const statements = `create secret (${secret}); ${select};`;
  return {
    place: folder,
    lines: [
      { tool: 'DuckDB', text: `duckdb -c ${shellWord(statements)}` },
      { tool: 'Path', text: pattern },
    ],
  };
}

/** The folder that holds all of the files, and a pattern that fits them and few others: streams may share a folder. */
function placeOf(files: readonly string[]): { folder: string; pattern: string } {
  const [first = ''] = files;
  const common = files.reduce(commonStart, first);
  const folder = common.slice(0, common.lastIndexOf('/') + 1);
  if (files.length === 1) return { folder, pattern: first };
  const ending = /\.[a-z]+(\.(gz|zst))?$/i.exec(first)?.[0] ?? '';
  const isDeep = files.some((file) => file.slice(common.length).includes('/'));
  return { folder, pattern: isDeep ? `${folder}**/*${ending}` : `${common}*${ending}` };
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function readerOf(file: string): string {
  if (/\.jsonl(\.\w+)?$/.test(file)) return 'read_json';
  return /\.csv(\.\w+)?$/.test(file) ? 'read_csv' : 'read_parquet';
}

function storeOf({ s3_bucket_region: region, s3_endpoint: endpoint }: JsonObject): string[] {
  const where = typeof region === 'string' && region !== '' ? [`region ${literal(region)}`] : [];
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return where;
  const { host, protocol } = new URL(endpoint);
  return [...where, `endpoint ${literal(host)}`, "url_style 'path'", `use_ssl ${protocol === 'https:'}`];
}
