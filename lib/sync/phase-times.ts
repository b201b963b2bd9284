import type { StreamPhases } from '#lib/db/schema.ts';

/** They follow each other, so their sum is about the stream's time. */
export type Phases = StreamPhases;

type Phase = 'extract' | 'stage' | 'check' | 'publish';

/** Adds up what a stream waited for. `now` counts milliseconds from anywhere. */
export class PhaseTimes {
  readonly #spent: Record<Phase, number> = { extract: 0, stage: 0, check: 0, publish: 0 };
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async of<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const began = this.#now();
    try {
      return await work();
    } finally {
      this.#spent[phase] += this.#now() - began;
    }
  }

  /** The same items; the time until each comes is the phase's. */
  async *each<T>(phase: Phase, items: AsyncIterable<T>): AsyncGenerator<T, void> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value, done } = await this.of(phase, () => iterator.next());
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  get phases(): Phases {
    const { extract, stage, check, publish } = this.#spent;
    const [extractMs, stageMs, checkMs, publishMs] = [extract, stage, check, publish].map(Math.round);
    return { extractMs: extractMs ?? 0, stageMs: stageMs ?? 0, checkMs: checkMs ?? 0, publishMs: publishMs ?? 0 };
  }
}

/** The same object; what it does counts as the phase that each of its methods belongs to. */
export function timed<T extends object>(
  target: T,
  times: PhaseTimes,
  phases: { readonly [name in keyof T]?: Phase },
  wrap: { readonly [name in keyof T]?: (result: unknown) => unknown } = {},
): T {
  return new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== 'function') return value;
      const [phase, change] = [phases[name as keyof T], wrap[name as keyof T]];
      return (...input: unknown[]) => {
        const work = () => Reflect.apply(value, of, input);
        if (change) return change(phase ? times.of(phase, work) : work());
        return phase ? times.of(phase, work) : work();
      };
    },
  });
}
