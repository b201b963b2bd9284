import type { JsonObject, JsonValue } from '#lib/json.ts';

/** A manifest that was parsed: references resolved, parameters and default types filled in; templates are still text. Plain JSON. */
export interface Manifest {
  readonly version: string;
  readonly spec: ManifestSpec;
  readonly check: JsonObject;
  readonly streams: readonly ManifestStream[];
  /** Streams that are known only once the config is, or the API was asked. */
  readonly dynamicStreams?: readonly ManifestDynamicStreams[];
  /** How often the API may be asked, over all streams. */
  readonly apiBudget?: JsonObject;
  /** How many slices are read at once. */
  readonly concurrencyLevel?: JsonObject;
  /** A number, or a template over the config. */
  readonly maxConcurrentAsyncJobs?: JsonValue;
}

export interface ManifestSpec {
  /** JSON schema of the config. */
  readonly connectionSpecification: JsonObject;
  readonly documentationUrl?: string;
  readonly advancedAuth?: JsonObject;
  /** `config_migrations`, `transformations` and `validations`, as written. */
  readonly configRules?: JsonObject;
}

export interface ManifestStream {
  readonly name: string;
  /** Line of the stream in the text, from 1. */
  readonly line: number;
  readonly component: JsonObject;
  /** The stream is there only where this holds for the config. */
  readonly condition?: string | boolean;
  /** Why this stream can't be read here: a component that Weir does not run. */
  readonly refused?: string;
  /** Python classes that it needs, where nothing else refuses it: with all of them registered it can be read. */
  readonly classes?: readonly string[];
}

/** A template of streams, and what fills it in. */
export interface ManifestDynamicStreams {
  readonly name: string;
  readonly component: JsonObject;
  readonly refused?: string;
  readonly classes?: readonly string[];
}
