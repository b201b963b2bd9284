import { type JsonObject, parseJson } from '#lib/json.ts';
import { type TestDatabase, testDatabase } from '#tests/harness/database.ts';
import { describeDestination } from '../destination.contract.ts';
import type { TargetStream } from '../destination.ts';
import type { Place } from '../fixtures/contract-place.ts';
import { describeQuarantine } from '../quarantine.contract.ts';
import { describeReplay } from '../replay.contract.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { postgres } from './postgres.ts';

describeDestination(postgres, async () => placeIn(await testDatabase()));
describeQuarantine(postgres, async () => placeIn(await testDatabase()));
describeReplay(postgres, async () => placeIn(await testDatabase()));
describeReplay({ ...postgres, title: 'Postgres, basic normalization' }, async () =>
  placeIn(await testDatabase(), { layout: 'basic' }),
);

function placeIn({ url, query }: TestDatabase, config: JsonObject = {}): Place {
  const exists = async ({ table }: TargetStream) =>
    (await query(`select 1 from pg_class where relname = $1 and relnamespace = 'public'::regnamespace`, [table]))
      .length > 0;
  return {
    open: () => postgres.open(testContext(), { ...configOf(url), ...config }),
    rows: async (stream) => {
      if (!(await exists(stream))) return null;
      const rows = await query<{ row: string }>(`select to_jsonb(t)::text as row from public."${stream.table}" t`);
      return rows.map(({ row }) =>
        Object.fromEntries(
          Object.entries(parseJson(row) as JsonObject).filter(([name]) => !name.startsWith('_airbyte')),
        ),
      );
    },
    quarantined: async (stream) => {
      const rows = await query<{ reason: string; record: string }>(
        'select reason, record from _weir.quarantine where name = $1 order by id',
        [stream.table],
      );
      return rows.map((row) => ({ ...row, record: JSON.parse(row.record) }));
    },
  };
}
