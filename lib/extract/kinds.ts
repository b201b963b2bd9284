import type { Kind } from '#lib/manifest/kind.ts';
import type { Language } from '#lib/manifest/parse-manifest.ts';
import { asyncKinds } from './async/index.ts';
import { apiKey } from './auth/api-key.ts';
import { basic } from './auth/basic.ts';
import { bearer } from './auth/bearer.ts';
import { jwt } from './auth/jwt.ts';
import { legacySessionToken } from './auth/legacy-session-token.ts';
import { noAuth } from './auth/no-auth.ts';
import { oauth } from './auth/oauth.ts';
import { selective } from './auth/selective.ts';
import { sessionAuthentications, sessionToken } from './auth/session-token.ts';
import { budgetKinds } from './budget/index.ts';
import { checkDynamicStream } from './check/check-dynamic-stream.ts';
import { checkStream, dynamicStreamCheckConfig } from './check/check-stream.ts';
import { concurrencyLevel } from './concurrency/concurrency-level.ts';
import { configAddFields } from './config/config-add-fields.ts';
import { configRemapField } from './config/config-remap-field.ts';
import { configRemoveFields } from './config/config-remove-fields.ts';
import { configMigration, configRules } from './config/config-rules.ts';
import { dpathValidator, predicateValidator } from './config/config-validators.ts';
import { validateAdheresToSchema } from './config/validate-adheres-to-schema.ts';
import { datetimeBasedCursor } from './cursor/datetime-based-cursor.ts';
import { incrementingCountCursor } from './cursor/incrementing-count-cursor.ts';
import { minMaxDatetime } from './cursor/min-max-datetime.ts';
import { decoderKinds } from './decode/index.ts';
import { componentMapping } from './dynamic/component-mapping.ts';
import { configComponentsResolver, streamConfig } from './dynamic/config-components-resolver.ts';
import { dynamicDeclarativeStream } from './dynamic/dynamic-stream.ts';
import { httpComponentsResolver } from './dynamic/http-components-resolver.ts';
import { parametrizedComponentsResolver, streamParameters } from './dynamic/parametrized-components-resolver.ts';
import { constantBackoff, exponentialBackoff, waitTimeFromHeader, waitUntilTimeFromHeader } from './errors/backoffs.ts';
import { compositeErrorHandler } from './errors/composite-error-handler.ts';
import { defaultErrorHandler } from './errors/default-error-handler.ts';
import { responseFilter } from './errors/response-filter.ts';
import { fileStream } from './files/file-stream.ts';
import { cursorPagination } from './pagination/cursor-pagination.ts';
import { defaultPaginator } from './pagination/default-paginator.ts';
import { noPagination } from './pagination/no-pagination.ts';
import { offsetIncrement } from './pagination/offset-increment.ts';
import { pageIncrement } from './pagination/page-increment.ts';
import { paginationReset, paginationResetLimits } from './pagination/pagination-reset.ts';
import { groupingPartitionRouter } from './partition/grouping-partition-router.ts';
import { listPartitionRouter } from './partition/list-partition-router.ts';
import { parentStreamConfig } from './partition/parent-stream.ts';
import { substreamPartitionRouter } from './partition/substream-partition-router.ts';
import { propertyKinds } from './properties/index.ts';
import { httpRequester } from './request/http-requester.ts';
import { requestBodies } from './request/request-bodies.ts';
import { requestOption, requestPath } from './request/request-option.ts';
import { dynamicSchemaLoader } from './schema/dynamic-schema-loader.ts';
import { complexFieldType, typesMap } from './schema/field-types.ts';
import { jsonFileSchemaLoader } from './schema/json-file-schema-loader.ts';
import { schemaTypeIdentifier } from './schema/schema-type-identifier.ts';
import { dpathExtractor } from './select/dpath-extractor.ts';
import { jsonataExtractor } from './select/jsonata-extractor.ts';
import { jsonataFilter } from './select/jsonata-filter.ts';
import { recordExpander } from './select/record-expander.ts';
import { recordFilter } from './select/record-filter.ts';
import { recordSelector } from './select/record-selector.ts';
import { sourceKinds } from './source-kinds.ts';
import { legacyToPerPartition } from './state/legacy-to-per-partition.ts';
import { conditionalStreams } from './stream/conditional-streams.ts';
import { declarativeStream } from './stream/declarative-stream.ts';
import { inlineSchemaLoader } from './stream/inline-schema-loader.ts';
import { simpleRetriever } from './stream/simple-retriever.ts';
import { stateDelegatingStream } from './stream/state-delegating-stream.ts';
import { addedField, addFields } from './transform/add-fields.ts';
import { dpathFlattenFields, keyTransformation } from './transform/dpath-flatten-fields.ts';
import { flattenFields } from './transform/flatten-fields.ts';
import { jsonataTransformation } from './transform/jsonata-transformation.ts';
import { keysReplace } from './transform/keys-replace.ts';
import { keysToLower } from './transform/keys-to-lower.ts';
import { keysToSnakeCase } from './transform/keys-to-snake-case.ts';
import { removeFields } from './transform/remove-fields.ts';
import { fileUploader } from './uploads/file-uploader.ts';

/** Every kind of component that Weir runs; a new one is a file and a line here. */
export const kinds: readonly Kind[] = [
  ...sourceKinds,
  declarativeStream,
  fileStream,
  stateDelegatingStream,
  conditionalStreams,
  dynamicDeclarativeStream,
  httpComponentsResolver,
  configComponentsResolver,
  streamConfig,
  parametrizedComponentsResolver,
  streamParameters,
  componentMapping,
  checkStream,
  dynamicStreamCheckConfig,
  checkDynamicStream,
  configRules,
  configMigration,
  configAddFields,
  configRemoveFields,
  configRemapField,
  dpathValidator,
  predicateValidator,
  validateAdheresToSchema,
  simpleRetriever,
  ...propertyKinds,
  paginationReset,
  paginationResetLimits,
  ...asyncKinds,
  httpRequester,
  requestOption,
  requestPath,
  ...requestBodies,
  noAuth,
  bearer,
  apiKey,
  basic,
  oauth,
  selective,
  jwt,
  sessionToken,
  ...sessionAuthentications,
  legacySessionToken,
  ...budgetKinds,
  defaultPaginator,
  noPagination,
  pageIncrement,
  offsetIncrement,
  cursorPagination,
  recordSelector,
  dpathExtractor,
  jsonataExtractor,
  recordExpander,
  jsonataFilter,
  recordFilter,
  addFields,
  addedField,
  removeFields,
  keysToLower,
  keysReplace,
  keysToSnakeCase,
  flattenFields,
  dpathFlattenFields,
  keyTransformation,
  jsonataTransformation,
  inlineSchemaLoader,
  dynamicSchemaLoader,
  schemaTypeIdentifier,
  typesMap,
  complexFieldType,
  jsonFileSchemaLoader,
  datetimeBasedCursor,
  incrementingCountCursor,
  minMaxDatetime,
  listPartitionRouter,
  substreamPartitionRouter,
  groupingPartitionRouter,
  legacyToPerPartition,
  concurrencyLevel,
  parentStreamConfig,
  fileUploader,
  defaultErrorHandler,
  compositeErrorHandler,
  responseFilter,
  constantBackoff,
  exponentialBackoff,
  waitTimeFromHeader,
  waitUntilTimeFromHeader,
  ...decoderKinds,
];

const NOT_YET = 'Weir does not run it yet';

/** Components of the CDK that are refused by name: a stream that needs one can't be read, the others can. */
const unsupported = Object.fromEntries(
  ['RateLimitedMultipleTokenAuthenticator', 'StreamGroup', 'UnionPartitionRouter'].map((name) => [name, NOT_YET]),
);

/** What `parseManifest` reads by. */
export const language: Language = { kinds, unsupported };
