import type { JsonObject } from '#lib/json.ts';
import { describeDestination } from '../destination.contract.ts';
import type { Place } from '../fixtures/contract-place.ts';
import { attemptOf } from '../fixtures/customers.ts';
import { describeQuarantine } from '../quarantine.contract.ts';
import { describeReplay } from '../replay.contract.ts';
import { type Bucket, makeBucket } from './fixtures/bucket.ts';
import { s3 } from './s3.ts';

describeDestination(s3, makePlace);
describeQuarantine(s3, makePlace);
describeReplay(s3, makePlace);

async function makePlace(): Promise<Place> {
  const bucket = await makeBucket();
  return {
    open: () => bucket.open(),
    rows: (stream) => readRows(bucket, `airbyte-data/${stream.table}/`),
    quarantined: async ({ table }) => {
      const destination = bucket.open();
      const { connectionId } = attemptOf(1);
      const rows = (await destination.quarantine?.list({ connectionId, table, limit: 1_000 })) ?? [];
      await destination.close();
      return rows.map((row) => ({ ...row, record: JSON.parse(row.record) })).toReversed();
    },
  };
}

/** As a plain reader does: every Parquet file in the stream's folder. */
async function readRows(bucket: Bucket, prefix: string): Promise<JsonObject[] | null> {
  if ((await bucket.keys(prefix)).length === 0) return null;
  return bucket.query(
    prefix,
    `select columns(c -> not starts_with(c, '_airbyte')) from read_parquet('$FOLDER/*.parquet', union_by_name = true)`,
  );
}
