import pg from 'pg';
import { postgresCode } from './postgres-errors.ts';

const TOO_MANY = '53300';

type Done = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (failure?: Error | boolean) => void,
) => void;

/**
 * A pool that makes do with fewer connections where the server, or a limit for its user, gives no more: who asks for one waits for those
 * that the pool has, however long somebody copies. The time-out of connecting is for connecting alone.
 */
export class PatientPool extends pg.Pool {
  readonly #waiting: (() => void)[] = [];
  #most: number;
  #taken = 0;

  constructor(options: pg.PoolConfig & { readonly max: number }) {
    super(options);
    this.#most = options.max;
    this.on('release', () => this.#giveBack());
  }

  /** For another use: by then there may be room for all of them. */
  hopeForAll(): void {
    this.#most = this.options.max;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(done: Done): void;
  override connect(done?: Done): Promise<pg.PoolClient> | undefined {
    if (done === undefined) return this.#take();
    this.#take().then(
      (client) => done(undefined, client, client.release),
      (error: Error) => done(error, undefined, () => undefined),
    );
    return undefined;
  }

  async #take(): Promise<pg.PoolClient> {
    while (this.#taken >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken += 1;
    try {
      return await super.connect();
    } catch (error) {
      this.#giveBack();
      // None of ours is left where it is others who use up the limit.
      if (postgresCode(error) !== TOO_MANY || this.#taken === 0) throw error;
      this.#most = this.#taken;
      return await this.#take();
    }
  }

  #giveBack(): void {
    this.#taken -= 1;
    this.#waiting.shift()?.();
  }
}
