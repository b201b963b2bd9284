import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { Manifest } from './manifest.ts';

/** What a place in a manifest takes: one of the kinds of its family. */
export type Family =
  | 'source'
  | 'stream'
  | 'retriever'
  | 'requester'
  | 'authenticator'
  | 'session_authentication'
  | 'paginator'
  | 'pagination_strategy'
  | 'pagination_reset'
  | 'pagination_reset_limits'
  | 'query_properties'
  | 'properties_source'
  | 'property_chunking'
  | 'property_selector'
  | 'merge_strategy'
  | 'request_option'
  | 'request_path'
  | 'request_body'
  | 'record_selector'
  | 'extractor'
  | 'record_expander'
  | 'record_filter'
  | 'key_transformation'
  | 'schema_normalization'
  | 'transformation'
  | 'added_field'
  | 'schema_loader'
  | 'incremental_sync'
  | 'datetime_bound'
  | 'partition_router'
  | 'parent_stream'
  | 'error_handler'
  | 'response_filter'
  | 'backoff'
  | 'decoder'
  | 'check'
  | 'dynamic_check'
  | 'spec'
  | 'config_rules'
  | 'config_migration'
  | 'config_transformation'
  | 'config_validation'
  | 'validation_strategy'
  | 'conditional_streams'
  | 'dynamic_stream'
  | 'components_resolver'
  | 'components_mapping'
  | 'stream_config'
  | 'stream_parameters'
  | 'status_mapping'
  | 'schema_type_identifier'
  | 'types_map'
  | 'complex_type'
  | 'state_migration'
  | 'file_uploader'
  | 'concurrency_level'
  | 'api_budget'
  | 'call_rate_policy'
  | 'call_rate'
  | 'request_matcher';

type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';

/** One field of a kind: its docs line, what it takes, and whether templates in it are evaluated. */
export interface Field {
  readonly docs: string;
  readonly required?: boolean;
  readonly types?: readonly JsonType[];
  readonly values?: readonly string[];
  /** Components that may stand here, in a list or a mapping too. */
  readonly families?: readonly Family[];
  /** Assumed where `type` is left out, as the CDK does. */
  readonly defaultType?: string;
  /** What stands here is filled in later: what it lacks is no problem yet. */
  readonly partial?: boolean;
  /** Variables that templates in this field may use, below it too; absent where text is taken as it stands. */
  readonly variables?: readonly string[];
  /** JSON schema for the editor where types and values don't say enough. */
  readonly schema?: JsonObject;
}

/** A kind of component: everything about it in one file. `Behaviour` is what its family does. */
export interface Kind<Behaviour = unknown> {
  readonly name: string;
  readonly family: Family;
  /** One line, for hover and the reference. */
  readonly docs: string;
  /** YAML, complete enough to be valid. */
  readonly example: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** What the fields can't say alone. */
  readonly problems?: (component: JsonObject) => readonly ComponentProblem[];
  readonly create: (component: JsonObject, build: Build) => Behaviour;
}

export interface ComponentProblem {
  readonly field?: string;
  readonly message: string;
  readonly hint?: string;
  /** The component works all the same. */
  readonly harmless?: boolean;
}

/** What components are built with: one read of one config. */
export interface Build {
  readonly config: JsonObject;
  readonly now: () => Date;
  /** What the manifest says for all its streams together. */
  readonly manifest?: Pick<Manifest, 'apiBudget' | 'concurrencyLevel' | 'maxConcurrentAsyncJobs'>;
  /** The behaviour of a component, by its `type`. @throws WeirError for one that Weir does not run */
  create<Behaviour>(component: unknown): Behaviour;
  /** A component that was made now, with types and parameters filled in as `parseManifest` does it. */
  complete(component: JsonObject, options: { parentFirst: boolean }): JsonObject;
  /** Whether an operator's module stands for this Python class. */
  isRegistered(className: string): boolean;
  /** One value for all components that ask by this key, over all streams of the config: a token, the answer of a login. */
  shared<Value>(key: string, make: () => Value): Value;
  /** Changes the config for every component from now on; gives it back whole, as it is to be stored. */
  changeConfig(changes: readonly ConfigChange[]): JsonObject;
  /** Masks a secret that came from an API, as those of the config are masked. */
  noteSecret(text: string): void;
}

/** One value of a config and its path; undefined where it goes. */
export interface ConfigChange {
  readonly path: readonly string[];
  readonly value: JsonValue | undefined;
}

export function defineKind<Behaviour>(kind: Kind<Behaviour>): Kind<Behaviour> {
  return Object.freeze(kind);
}

/** A field that takes text with templates. */
export function template(docs: string, variables: readonly string[] = [], more: Partial<Field> = {}): Field {
  return { docs, types: ['string'], variables: ['config', 'parameters', ...variables], ...more };
}

/** A field that takes components. */
export function component(docs: string, families: Family | readonly Family[], more: Partial<Field> = {}): Field {
  return { docs, families: typeof families === 'string' ? [families] : families, ...more };
}

/** What templates see while a slice is read. */
export const SLICE = ['stream_slice', 'stream_partition', 'stream_interval'] as const;
/** What templates see of a job: the answers that it was created and finished with, and what is downloaded of it. */
export const JOB = ['creation_response', 'polling_response', 'download_target'] as const;
/** And once a page has come. */
export const PAGE = [
  'response',
  'headers',
  'last_record',
  'last_page_size',
  'next_page_token',
  'last_page_token_value',
] as const;
