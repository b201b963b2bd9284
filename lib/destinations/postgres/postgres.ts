import type pg from 'pg';
import type { CheckResult } from '#lib/catalog.ts';
import { shapeOfStream, tableName } from '#lib/records/index.ts';
import type {
  AttemptRef,
  Destination,
  DestinationContext,
  DestinationKind,
  Load,
  PublishedStream,
  Relation,
  Stage,
  TargetStream,
} from '../destination.ts';
import { checkRights } from './check-rights.ts';
import { type PostgresConfig, postgresSpec, readPostgresConfig } from './config.ts';
import { connectPostgres } from './connect.ts';
import { fenced, holdFence } from './fence.ts';
import type { TableRef } from './identifier.ts';
import { postgresCode, readPostgresError } from './postgres-errors.ts';
import { deleteQuarantineAfter } from './quarantine.ts';
import { PostgresStage, type StageStart } from './stage.ts';
import type { StageParts } from './stage-parts.ts';
import {
  createStageTable,
  dropStageTable,
  growStageTable,
  renameStageTable,
  rewindStageTable,
  stageTable,
} from './stage-table.ts';
import {
  createOwnTables,
  deleteStage,
  findRelation,
  findStage,
  findStream,
  insertRelation,
  insertStage,
  OWN_SCHEMA,
  type Queryable,
  type RelationRow,
  raiseFence,
  type StageRow,
  type StreamRef,
  takenTables,
  takeOverStage,
} from './store.ts';
import { refuseForeignTable } from './table.ts';
import { inTransaction } from './transaction.ts';

/**
 * Tables in Postgres as Airbyte's direct load writes them: typed columns, then `_airbyte_raw_id`, `_airbyte_extracted_at`,
 * `_airbyte_meta`, `_airbyte_generation_id`. What is ours lies in the schema `_weir`: fences, states, stages, quarantine.
 */
export const postgres: DestinationKind = {
  type: 'postgres',
  title: 'Postgres',
  spec: postgresSpec,
  supportedModes: ['append', 'overwrite', 'append_dedup', 'overwrite_dedup'],
  defaultNamespace: (config) => readPostgresConfig(config).schema,
  address(config) {
    const { host, port } = readPostgresConfig(config);
    return { host, port };
  },
  open: (context, config) => new PostgresDestination(context, readPostgresConfig(config)),
};

class PostgresDestination implements Destination {
  readonly #context: DestinationContext;
  readonly #config: PostgresConfig;
  #pool: Promise<pg.Pool> | undefined;

  constructor(context: DestinationContext, config: PostgresConfig) {
    this.#context = context;
    this.#config = config;
  }

  async check(): Promise<CheckResult> {
    const pool = await this.#connect();
    const version = await checkRights(pool, this.#config).catch((error: unknown) => {
      throw readPostgresError(error, 'trying the rights');
    });
    const { host, port, database, schema } = this.#config;
    return {
      ok: true,
      message: `Connected to ${database} at ${host}:${port} (${version}); tables can be made in ${schema}.`,
    };
  }

  async begin(attempt: AttemptRef): Promise<Load> {
    const pool = await this.#connect();
    try {
      const raised = await raiseFence(pool, attempt).catch(async (error: unknown) => {
        if (!['42P01', '3F000'].includes(postgresCode(error))) throw error;
        await inTransaction(pool, createOwnTables);
        return raiseFence(pool, attempt);
      });
      if (!raised) throw fenced(attempt);
    } catch (error) {
      throw readPostgresError(error, 'beginning an attempt');
    }
    return new PostgresLoad(this.#context, pool, attempt, this.#config.schema);
  }

  async fetch(relation: Relation): Promise<Relation> {
    return relation;
  }

  async close(): Promise<void> {
    const pool = await this.#pool?.catch(() => undefined);
    this.#pool = undefined;
    await pool?.end();
  }

  #connect(): Promise<pg.Pool> {
    this.#pool ??= connectPostgres(this.#context, this.#config);
    return this.#pool;
  }
}

class PostgresLoad implements Load {
  readonly #context: DestinationContext;
  readonly #pool: pg.Pool;
  readonly #attempt: AttemptRef;
  readonly #defaultSchema: string;

  constructor(context: DestinationContext, pool: pg.Pool, attempt: AttemptRef, defaultSchema: string) {
    this.#context = context;
    this.#pool = pool;
    this.#attempt = attempt;
    this.#defaultSchema = defaultSchema;
  }

  async published(stream: Pick<TargetStream, 'namespace' | 'table'>): Promise<PublishedStream> {
    const ref = this.#refOf(stream);
    try {
      const [row, relation] = await Promise.all([findStream(this.#pool, ref), findRelation(this.#pool, ref)]);
      if (row === null) return { state: null, generation: 0, completed: null };
      if (relation === null || !(await refuseForeignTable(this.#pool, relation))) {
        this.#context.log.warn(
          { stream: ref.name },
          'the table is gone: its state is not used, and everything is read again',
        );
        return { state: null, generation: row.generation, completed: null };
      }
      const { state, generation, complete, counts, published } = row;
      const completed = complete && row.syncId === this.#attempt.syncId ? { counts, published } : null;
      return { state, generation, completed };
    } catch (error) {
      throw readPostgresError(error, 'reading the state');
    }
  }

  async stage(target: TargetStream): Promise<Stage> {
    const parts: StageParts = { pool: this.#pool, attempt: this.#attempt, ref: this.#refOf(target), target };
    try {
      const start = await inTransaction(this.#pool, (client) => this.#openStage(client, parts));
      return new PostgresStage(parts, start);
    } catch (error) {
      throw readPostgresError(error, 'opening the stage').at({ stream: target.stream.name });
    }
  }

  async #openStage(client: Queryable, parts: StageParts): Promise<StageStart> {
    const { attempt, ref, target } = parts;
    await holdFence(client, attempt);
    const relation = (await findRelation(client, ref)) ?? (await this.#newRelation(client, ref));
    const hadTable = await refuseForeignTable(client, relation);
    const left = await findStage(client, ref);
    const resumed = left && (await resumeStage(client, parts, left, { relation, hasTable: hadTable }));
    if (resumed) return resumed;
    if (left) {
      await dropStageTable(client, { schema: OWN_SCHEMA, table: left.stage_table });
      await deleteStage(client, ref);
      await deleteQuarantineAfter(client, ref, { syncId: attempt.syncId, seq: 0, openSlices: [] });
    }
    const table = stageTable(ref, attempt.fence);
    const shape = shapeOfStream(target, hadTable ? relation.columns : []);
    await createStageTable(client, table, shape.columns, target);
    await insertStage(client, ref, {
      sync_id: attempt.syncId,
      fence: attempt.fence,
      stage_table: table.table,
      columns: shape.columns,
      counts: { read: 0, filtered: 0, quarantined: 0, written: 0, bytes: 0 },
      had_table: hadTable,
    });
    return { shape, relation, resumed: null, nextSlice: 0, lastSeq: 0, staged: 0, hadTable };
  }

  /** Gives the stream a table name that no other stream has. */
  async #newRelation(client: Queryable, ref: StreamRef): Promise<RelationRow> {
    const schema = tableName(ref.namespace, new Set());
    const table: TableRef = { schema, table: tableName(ref.name, await takenTables(client, schema)) };
    await insertRelation(client, ref, table);
    const relation = await findRelation(client, ref);
    if (relation === null) throw new Error('a relation that was just inserted is missing');
    return relation;
  }

  #refOf(stream: Pick<TargetStream, 'namespace' | 'table'>): StreamRef {
    return {
      connectionId: this.#attempt.connectionId,
      namespace: stream.namespace || this.#defaultSchema,
      name: stream.table,
    };
  }
}

/** Takes up what an earlier attempt of the same sync had checkpointed; null when there is nothing to go on from. */
async function resumeStage(
  client: Queryable,
  { attempt, ref, target }: StageParts,
  left: StageRow,
  { relation, hasTable }: { relation: RelationRow; hasTable: boolean },
): Promise<StageStart | null> {
  const usable = left.sync_id === attempt.syncId && left.saved && (hasTable || !left.had_table);
  if (!usable) return null;
  const table = stageTable(ref, attempt.fence);
  await renameStageTable(client, { schema: OWN_SCHEMA, table: left.stage_table }, table);
  const keep = { lastSeq: left.last_seq, openSlices: left.open_slices };
  const staged = await rewindStageTable(client, table, keep);
  if (staged !== left.staged) {
    // The server crashed, and the unlogged rows with it.
    await dropStageTable(client, table);
    return null;
  }
  await deleteQuarantineAfter(client, ref, {
    syncId: attempt.syncId,
    seq: left.last_seq,
    openSlices: left.open_slices,
  });
  await takeOverStage(client, ref, attempt.fence, table.table);
  const shape = shapeOfStream(target, left.columns);
  await growStageTable(client, table, left.columns, shape.columns);
  return {
    shape,
    relation,
    resumed: { state: left.state, counts: left.counts },
    nextSlice: left.next_slice,
    lastSeq: left.last_seq,
    staged,
    hadTable: hasTable,
  };
}
