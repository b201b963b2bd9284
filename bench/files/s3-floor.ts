/**
 * `s3-floor FILE ENDPOINT PREFIX FOLDER`: DuckDB from the CSV file to a local Parquet file, and its upload: what the work costs at least.
 * Prints what that took, and the sums of the rows of its file and of those below the prefix.
 */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { DuckDBInstance } from '@duckdb/node-api';
import { startMeasuring } from '../measure.ts';
import { COLUMNS } from './orders-csv.ts';

const Bucket = 'datalake';
const [file = '', endpoint = '', prefix = '', folder = ''] = process.argv.slice(2);
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });

const measured = startMeasuring();
const instance = await DuckDBInstance.create(':memory:');
const duckdb = await instance.connect();
const parquet = path.join(folder, 'floor.parquet');
await duckdb.run(`copy (select * from read_csv('${file}')) to '${parquet}' (format parquet, codec 'zstd')`);
const Body = createReadStream(parquet);
await new Upload({ client, params: { Bucket, Key: `floor/${prefix}.parquet`, Body } }).done();
const report = measured();

const theirs = path.join(folder, `read-${prefix}`);
mkdirSync(theirs, { recursive: true });
const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/orders/` }));
for (const [index, { Key }] of Contents.entries()) {
  const object = await client.send(new GetObjectCommand({ Bucket, Key }));
  await pipeline(object.Body as Readable, createWriteStream(path.join(theirs, `${index}.parquet`)));
}
const sums = [await sumOf(parquet), await sumOf(`${theirs}/*.parquet`)];
process.stdout.write(`${JSON.stringify({ ...report, sums })}\n`);
process.exit(0);

async function sumOf(files: string): Promise<string> {
  const types: Record<string, string> = { numeric: 'double' };
  const fields = Object.entries(COLUMNS).map(([name, type]) => `${name}::${types[type] ?? type}`);
  const sql = `select count(*) || ' ' || sum(hash(row(${fields.join(', ')}))) from read_parquet('${files}')`;
  return String((await duckdb.runAndReadAll(sql)).getRows()[0]?.[0]);
}
