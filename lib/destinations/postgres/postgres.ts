import type pg from 'pg';
import type { CheckResult } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import type {
  AttemptRef,
  Destination,
  DestinationContext,
  DestinationKind,
  Load,
  PublishedStream,
  QuarantineStore,
  Relation,
  Replay,
  Stage,
  TargetStream,
} from '../destination.ts';
import { fenced } from '../stage-errors.ts';
import { checkRights } from './check-rights.ts';
import { layoutOf, type PostgresConfig, postgresSpec, readPostgresConfig } from './config.ts';
import { connectPostgres, type PostgresConnections } from './connect.ts';
import type { Layout } from './layouts/index.ts';
import { openStage } from './open-stage.ts';
import { readPostgresError } from './postgres-errors.ts';
import { quarantineStore, replayOf } from './quarantine-store.ts';
import { postgresRowsAt } from './rows-at.ts';
import { PostgresStage } from './stage.ts';
import { ownRelation, type StageParts } from './stage-parts.ts';
import { readRefusedWrite } from './standby.ts';
import { createOwnTables, findPublished, raiseFence, type StreamRef } from './store.ts';
import { isThere } from './table.ts';
import { inTransaction } from './transaction.ts';

/**
 * Tables in Postgres as Airbyte's direct load writes them: typed columns, then `_airbyte_raw_id`, `_airbyte_extracted_at`,
 * `_airbyte_meta`, `_airbyte_generation_id`. What is ours lies in the schema `_weir`: fences, states, stages, quarantine.
 */
export const postgres: DestinationKind = {
  type: 'postgres',
  title: 'Postgres',
  spec: postgresSpec,
  keepsQuarantine: true,
  supportedModes: ['append', 'overwrite', 'append_dedup', 'overwrite_dedup'],
  defaultNamespace: (config) => readPostgresConfig(config).schema,
  refuses: (config, stream) =>
    stream.softDelete === true && layoutOf(config)?.marksVanished === false ? NOTHING_TO_MARK : null,
  address(config) {
    const { host, port } = readPostgresConfig(config);
    return { host, port };
  },
  rowsAt: postgresRowsAt,
  open: (context, config) => new PostgresDestination(context, readPostgresConfig(config)),
};

const NOTHING_TO_MARK =
  'Raw tables keep records, not rows: there, rows that vanish from the source can’t be kept and marked.';

class PostgresDestination implements Destination {
  readonly #context: DestinationContext;
  readonly #config: PostgresConfig;
  #connections: Promise<PostgresConnections> | undefined;

  constructor(context: DestinationContext, config: PostgresConfig) {
    this.#context = context;
    this.#config = config;
  }

  async check(): Promise<CheckResult> {
    const pool = await this.#connect();
    const version = await checkRights(pool, this.#config).catch(async (error: unknown) => {
      throw await readRefusedWrite(pool, error, 'trying the rights');
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
      let raised = await raiseFence(pool, attempt);
      if (raised === null) {
        await inTransaction(pool, createOwnTables);
        raised = await raiseFence(pool, attempt);
      }
      if (!raised) throw fenced(attempt);
    } catch (error) {
      throw await readRefusedWrite(pool, error, 'beginning an attempt');
    }
    return new PostgresLoad(this.#context, pool, attempt, this.#config);
  }

  async fetch(relation: Relation): Promise<Relation> {
    return relation;
  }

  get quarantine(): QuarantineStore {
    return quarantineStore(() => this.#connect());
  }

  async close(): Promise<void> {
    const connections = await this.#connections?.catch(() => undefined);
    this.#connections = undefined;
    await connections?.leave();
  }

  async #connect(): Promise<pg.Pool> {
    this.#connections ??= connectPostgres(this.#context, this.#config);
    return (await this.#connections).pool;
  }
}

class PostgresLoad implements Load {
  readonly #context: DestinationContext;
  readonly #pool: pg.Pool;
  readonly #attempt: AttemptRef;
  readonly #defaultSchema: string;
  readonly #layout: Layout;
  readonly #told = new Map<string, string | null>();

  constructor(
    context: DestinationContext,
    pool: pg.Pool,
    attempt: AttemptRef,
    { schema, layout }: Pick<PostgresConfig, 'schema' | 'layout'>,
  ) {
    this.#context = context;
    this.#pool = pool;
    this.#attempt = attempt;
    this.#defaultSchema = schema;
    this.#layout = layout;
  }

  async published(stream: Pick<TargetStream, 'namespace' | 'table'>): Promise<PublishedStream> {
    const ref = this.#refOf(stream);
    try {
      const found = await findPublished(this.#pool, ref, ownRelation({ ref, layout: this.#layout }));
      this.#told.set(JSON.stringify(ref), found?.stream.publishId ?? null);
      if (found === null) return { state: null, generation: 0, completed: null };
      const { stream: row, relation } = found;
      if (relation === null || !isThere(relation)) {
        this.#context.log.warn(
          { stream: ref.name },
          'the table is gone: its state is not used, and everything is read again',
        );
        return { state: null, generation: row.generation, completed: null };
      }
      const { state, generation, complete, counts, published } = row;
      const completed = complete && row.syncId === this.#attempt.syncId ? { counts, published } : null;
      const isPart = !complete && row.syncId === this.#attempt.syncId;
      return { state, generation, completed, ...(isPart && { partly: true as const }) };
    } catch (error) {
      throw readPostgresError(error, 'reading the state');
    }
  }

  replayed(stream: Pick<TargetStream, 'namespace' | 'table'>): Promise<Replay> {
    return replayOf(this.#pool, this.#refOf(stream));
  }

  async stage(target: TargetStream): Promise<Stage> {
    const layout = this.#layout;
    if (target.softDelete && !layout.marksVanished) throw nothingToMark(target);
    const ref = this.#refOf(target);
    const parts: StageParts = {
      ...{ pool: this.#pool, signal: this.#context.signal, attempt: this.#attempt, ref, layout },
      begunFrom: this.#told.get(JSON.stringify(ref)),
      ...{ given: target, target: layout.target(target) },
    };
    try {
      const start = await inTransaction(this.#pool, (client) => openStage(client, parts), { lazily: true });
      return new PostgresStage(parts, start);
    } catch (error) {
      throw (await readRefusedWrite(this.#pool, error, 'opening the stage')).at({ stream: target.stream.name });
    }
  }

  #refOf(stream: Pick<TargetStream, 'namespace' | 'table'>): StreamRef {
    return {
      connectionId: this.#attempt.connectionId,
      namespace: stream.namespace || this.#defaultSchema,
      name: stream.table,
    };
  }
}

function nothingToMark({ stream }: TargetStream): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'nothing_to_mark',
    message: NOTHING_TO_MARK,
    hint: 'Choose another layout for the destination, or let rows that vanish go.',
    where: { stream: stream.name },
  });
}
