import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** The state of one stream in a list of STATE messages (or their `state`), as Airbyte stores them; or in one object by stream name. */
export function stateOf(state: JsonValue, name: string): JsonObject | null {
  for (const item of Array.isArray(state) ? state : []) {
    const message = isJsonObject(item) && isJsonObject(item.state) ? item.state : item;
    const stream = isJsonObject(message) ? message.stream : null;
    if (!isJsonObject(stream) || !isJsonObject(stream.stream_descriptor) || stream.stream_descriptor.name !== name)
      continue;
    return isJsonObject(stream.stream_state) ? stream.stream_state : null;
  }
  const byName = isJsonObject(state) ? state[name] : null;
  return isJsonObject(byName) ? byName : null;
}

/** Between two states of partitions: each holds all of them, and writing it for every slice would be most of the work. */
const PARTITIONS_EVERY_MS = 60_000;

/** Says which states are written: all, but those of partitions only now and then, and the last always. */
export class StatePace {
  #writtenAt: number | null = null;
  #held: JsonObject | null = null;

  /** The state if it is to be written now; null where it is held back. */
  take(state: JsonObject, nowMs: number): JsonObject | null {
    const due = this.#writtenAt === null || nowMs - this.#writtenAt >= PARTITIONS_EVERY_MS;
    if ('states' in state && !due) {
      this.#held = state;
      return null;
    }
    this.#writtenAt = nowMs;
    this.#held = null;
    return state;
  }

  /** What was held back, at the end of a stream, whichever way it ends. */
  rest(): JsonObject | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }
}
