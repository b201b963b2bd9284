import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
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
import { storageClassOf } from './commit-of.ts';
import { ownPrefix, raiseFence, readCommits } from './commits.ts';
import { readS3Config, type S3Config } from './config.ts';
import { FolderNames } from './folder-names.ts';
import { LocalStage } from './local-stage.ts';
import { type ObjectStore, openObjectStore } from './object-store.ts';
import { quarantinePrefix } from './quarantine-files.ts';
import { forgetOutdated, quarantineStore, replayOf } from './quarantine-store.ts';
import { s3RowsAt } from './rows-at.ts';
import { settleCommits, sweep } from './settle-commits.ts';
import { s3Spec } from './spec.ts';
import { S3Stage } from './stage.ts';

/**
 * Files in a bucket, laid out as Airbyte's S3 destination does. What is ours lies below `_weir/` in the bucket path: fences and
 * commits. A file shows under the read path only when it is published; an overwrite shows old and new files together for the moment
 * between its commit and the removal of the old ones.
 */
export const s3: DestinationKind = {
  type: 's3',
  title: 'S3',
  spec: s3Spec,
  keepsQuarantine: true,
  isFarAway: true,
  supportedModes: ['append', 'overwrite'],
  defaultNamespace: () => '',
  address(config) {
    const { endpoint } = readS3Config(config);
    return (
      endpoint && { host: endpoint.hostname, port: Number(endpoint.port) || (endpoint.protocol === 'http:' ? 80 : 443) }
    );
  },
  rowsAt: s3RowsAt,
  open: (context, config) => new S3Destination(context, readS3Config(config)),
};

const LOOKED_AT_ONCE = 16;

class S3Destination implements Destination {
  readonly #context: DestinationContext;
  readonly #config: S3Config;
  readonly #stages: S3Stage[] = [];
  #store: Promise<ObjectStore> | undefined;

  constructor(context: DestinationContext, config: S3Config) {
    this.#context = context;
    this.#config = config;
  }

  async check(): Promise<CheckResult> {
    const store = await this.#connect();
    const { bucket } = this.#config;
    const key = `${ownPrefix(this.#config.ownPath, 'check')}${randomUUID()}.json`;
    await store.put(key, '{}');
    const seen = (await store.list(key)).includes(key) && (await store.get(key)) === '{}';
    await this.#checkStorageClass(store, key).finally(() => store.delete([key]));
    if (seen) return { ok: true, message: `Wrote, listed, read and deleted an object in bucket ${bucket}.` };
    throw new WeirError({
      kind: 'terminal',
      code: 'store_inconsistent',
      message: `An object that was just written to bucket ${bucket} is not listed.`,
      hint: 'Use a store whose listings are consistent with its writes, as S3’s are.',
    });
  }

  /** Many stores know none but their own: better said now than when the first file has grown old. */
  async #checkStorageClass(store: ObjectStore, key: string): Promise<void> {
    const storageClass = storageClassOf(this.#config.retention);
    if (storageClass) await store.copy(key, key, storageClass);
  }

  async begin(attempt: AttemptRef): Promise<Load> {
    const store = await this.#connect();
    if ((await raiseFence(store, this.#config.ownPath, attempt)) !== attempt.fence) throw fenced(attempt);
    const { connectionId } = attempt;
    const names = new FolderNames({ store, ownPath: this.#config.ownPath, connectionId });
    return {
      published: (stream) => this.#published(store, attempt, stream),
      replayed: (stream) => this.#replayed(store, attempt, stream),
      stage: (stream) => this.#stage(store, attempt, names, stream),
    };
  }

  /** Copies a relation's files out of the bucket into `folder`, for those who measure it with DuckDB. */
  async fetch(relation: Relation, folder: string): Promise<Relation> {
    if (relation.kind !== 'parquet') return relation;
    const store = await this.#connect();
    const own = `s3://${this.#config.bucket}/`;
    const files: string[] = [];
    for (const [index, file] of relation.files.entries()) {
      if (!file.startsWith(own)) {
        files.push(file);
        continue;
      }
      const copy = path.join(folder, `${index}-${path.basename(file)}`);
      await store.download(file.slice(own.length), copy);
      files.push(copy);
    }
    return { ...relation, files };
  }

  async sizes(relation: Relation): Promise<readonly number[]> {
    if (relation.kind !== 'parquet') return [];
    const store = await this.#connect();
    const own = `s3://${this.#config.bucket}/`;
    const sizes: number[] = [];
    for (let from = 0; from < relation.files.length; from += LOOKED_AT_ONCE) {
      const some = relation.files.slice(from, from + LOOKED_AT_ONCE);
      sizes.push(
        ...(await Promise.all(some.map((file) => (file.startsWith(own) ? store.size(file.slice(own.length)) : 0)))),
      );
    }
    return sizes;
  }

  get quarantine(): QuarantineStore {
    return quarantineStore(() => this.#connect(), this.#config.ownPath);
  }

  async close(): Promise<void> {
    await Promise.all(this.#stages.splice(0).map((stage) => stage.close()));
    const store = await this.#store?.catch(() => undefined);
    this.#store = undefined;
    store?.close();
  }

  async #published(
    store: ObjectStore,
    attempt: AttemptRef,
    stream: Pick<TargetStream, 'namespace' | 'table'>,
  ): Promise<PublishedStream> {
    const prefix = ownPrefix(this.#config.ownPath, attempt.connectionId, stream);
    const place = { store, prefix, attempt, clock: this.#context.clock };
    const { latest } = await settleCommits(place);
    if (latest === null) return { state: null, generation: 0, completed: null };
    const { state, generation, complete, counts, published, syncId } = latest;
    const isDone = complete && syncId === attempt.syncId;
    // The attempt that published may have been lost before it took away what its files replace, and no stage is opened any more.
    if (isDone) {
      await sweep(place);
      await forgetOutdated({ store, config: this.#config, attempt, target: stream }, latest);
    }
    return { state, generation, completed: isDone ? { counts, published } : null };
  }

  async #replayed(
    store: ObjectStore,
    attempt: AttemptRef,
    target: Pick<TargetStream, 'namespace' | 'table'>,
  ): Promise<Replay> {
    const { ownPath } = this.#config;
    const { latest } = await readCommits(store, ownPrefix(ownPath, attempt.connectionId, target));
    if (latest) await forgetOutdated({ store, config: this.#config, attempt, target }, latest);
    return replayOf(store, quarantinePrefix(ownPath, attempt.connectionId), target, latest);
  }

  async #stage(store: ObjectStore, attempt: AttemptRef, names: FolderNames, target: TargetStream): Promise<Stage> {
    if (!s3.supportedModes.includes(target.destinationSyncMode)) throw modeUnsupported(target);
    const identity = JSON.stringify([attempt.connectionId, target.namespace, target.table]);
    const folder = path.join(
      this.#context.workDir,
      's3',
      createHash('sha256').update(identity).digest('hex').slice(0, 24),
    );
    const stage = await S3Stage.open({
      context: this.#context,
      config: this.#config,
      store,
      attempt,
      names,
      target,
      namespace: target.namespace,
      prefix: ownPrefix(this.#config.ownPath, attempt.connectionId, target),
      local: new LocalStage(folder, attempt.fence),
    });
    this.#stages.push(stage);
    return stage;
  }

  #connect(): Promise<ObjectStore> {
    this.#store ??= openObjectStore(this.#context, this.#config);
    return this.#store;
  }
}

function modeUnsupported(target: TargetStream): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'mode_unsupported',
    message: `The S3 destination can’t remove duplicates (mode ${target.destinationSyncMode} of stream ${target.stream.name}).`,
    hint: 'Choose append or overwrite; rows in files can’t be updated.',
    where: { stream: target.stream.name },
  });
}
