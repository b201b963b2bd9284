import type { JsonObject } from '#lib/json.ts';

/** A manifest that was parsed: references resolved, parameters and default types filled in; templates are still text. Plain JSON. */
export interface Manifest {
  readonly version: string;
  readonly spec: ManifestSpec;
  readonly check: JsonObject;
  readonly streams: readonly ManifestStream[];
}

export interface ManifestSpec {
  /** JSON schema of the config. */
  readonly connectionSpecification: JsonObject;
  readonly documentationUrl?: string;
  readonly advancedAuth?: JsonObject;
}

export interface ManifestStream {
  readonly name: string;
  /** Line of the stream in the text, from 1. */
  readonly line: number;
  readonly component: JsonObject;
  /** Why this stream can't be read here: a component that Weir does not run. */
  readonly refused?: string;
}
