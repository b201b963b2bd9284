import { isJsonObject, type JsonValue } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import { Gate } from '../concurrency/gate.ts';
import type { Decoder, Extractor, Paginator, RecordSelector, Requester, Retriever } from '../families.ts';
import { routersOf } from '../partition/partitions.ts';
import { scopeOf } from '../scope.ts';
import { AsyncJobs } from './async-jobs.ts';
import type { StatusMapping } from './status-mapping.ts';

/** However many jobs a manifest asks for at once. */
const MOST_JOBS = 100;
const REQUESTER = { defaultType: 'HttpRequester' };
const JSON_DECODER = { type: 'JsonDecoder' };

export const asyncRetriever = defineKind<Retriever>({
  name: 'AsyncRetriever',
  family: 'retriever',
  docs: 'Has the API prepare the data in a job, waits until it is done, and downloads what it made.',
  example: `type: AsyncRetriever
record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }
status_mapping: { type: AsyncJobStatusMap, running: [pending], completed: [done], failed: [error], timeout: [] }
status_extractor: { type: DpathExtractor, field_path: [status] }
download_target_extractor: { type: DpathExtractor, field_path: [urls] }
creation_requester: { type: HttpRequester, url: https://api.example.com/exports, http_method: POST }
polling_requester: { type: HttpRequester, url: "https://api.example.com/exports/{{ creation_response['id'] }}" }
download_requester: { type: HttpRequester, url: "{{ download_target }}" }
`,
  fields: {
    creation_requester: component('Starts a job.', 'requester', { required: true, ...REQUESTER }),
    polling_requester: component('Asks how the job stands.', 'requester', { required: true, ...REQUESTER }),
    download_requester: component('Downloads what it made.', 'requester', { required: true, ...REQUESTER }),
    record_selector: component('Filters and casts the records.', 'record_selector', {
      required: true,
      defaultType: 'RecordSelector',
    }),
    status_mapping: component('What the statuses of the API mean.', 'status_mapping', {
      required: true,
      defaultType: 'AsyncJobStatusMap',
    }),
    status_extractor: component('Where the status is in the answer.', 'extractor', {
      required: true,
      defaultType: 'DpathExtractor',
    }),
    download_target_extractor: component('Where the addresses of the downloads are.', 'extractor', {
      defaultType: 'DpathExtractor',
    }),
    download_target_requester: component(
      'Asks for those addresses, where the status does not have them.',
      'requester',
      REQUESTER,
    ),
    download_extractor: component('Where the records are in a download; the whole of it when absent.', 'extractor', {
      defaultType: 'DpathExtractor',
    }),
    download_paginator: component('Asks for the next page of a download.', 'paginator', {
      defaultType: 'NoPagination',
    }),
    abort_requester: component('Stops a job that takes too long.', 'requester', REQUESTER),
    delete_requester: component('Removes a job that was downloaded.', 'requester', REQUESTER),
    polling_job_timeout: {
      docs: 'Minutes that a job may take; 60 when absent.',
      types: ['integer', 'string'],
      variables: ['config', 'parameters'],
    },
    failed_retry_wait_time_in_seconds: {
      docs: 'Seconds to wait before a job that failed is started again.',
      types: ['integer', 'string'],
      variables: ['config', 'parameters'],
    },
    partition_router: component('One job for each partition; a list makes every combination.', 'partition_router', {
      types: ['array'],
    }),
    stream_slicer: component('Older name of partition_router.', 'partition_router', { types: ['array'] }),
    decoder: component('How answers about jobs are read; JSON when absent.', 'decoder', { defaultType: 'JsonDecoder' }),
    download_decoder: component('How downloads are read; JSON when absent.', 'decoder', { defaultType: 'JsonDecoder' }),
  },
  problems: ({ download_target_requester: requester, download_target_extractor: extractor }) =>
    requester && !extractor
      ? [{ field: 'download_target_requester', message: 'download_target_requester needs download_target_extractor.' }]
      : [],
  create(retriever, build) {
    const selector = build.create<RecordSelector>(retriever.record_selector);
    const extractor = build.create<Extractor>(
      retriever.download_extractor ?? { type: 'DpathExtractor', field_path: [] },
    );
    const optional = (value: JsonValue | undefined) => (isJsonObject(value) ? build.create<Requester>(value) : null);
    const number = (value: JsonValue | undefined) =>
      Number(typeof value === 'string' ? plain(interpolate(value, scopeOf(build, retriever))) : (value ?? 0)) || null;
    const width = mostJobs(build);
    const creation = build.create<Requester>(retriever.creation_requester);
    const jobs = new AsyncJobs({
      creation,
      polling: build.create<Requester>(retriever.polling_requester),
      targets: optional(retriever.download_target_requester),
      abort: optional(retriever.abort_requester),
      delete: optional(retriever.delete_requester),
      statusExtractor: build.create<Extractor>(retriever.status_extractor),
      targetExtractor: retriever.download_target_extractor
        ? build.create<Extractor>(retriever.download_target_extractor)
        : null,
      statuses: build.create<StatusMapping>(retriever.status_mapping),
      decoder: build.create<Decoder>(retriever.decoder ?? JSON_DECODER),
      timeoutMinutes: number(retriever.polling_job_timeout),
      failedWaitS: number(retriever.failed_retry_wait_time_in_seconds),
      slots: build.shared('async_jobs', () => new Gate(width)),
    });
    return {
      requester: build.create<Requester>(retriever.download_requester),
      creation,
      paginator: build.create<Paginator>(retriever.download_paginator ?? { type: 'NoPagination' }),
      decoder: extractor.decoder ?? build.create<Decoder>(retriever.download_decoder ?? JSON_DECODER),
      selector: { ...selector, extractor },
      routers: routersOf(retriever, build),
      sliceOnFirstPageOnly: false,
      leastWidth: width,
      pieces: (context, slice, stream) => jobs.downloads(context, slice, stream),
    };
  },
});

/** Jobs of a source that run at once; one where the manifest says nothing, as in the CDK. */
function mostJobs(build: Build): number {
  const source = build.manifest?.maxConcurrentAsyncJobs ?? 1;
  const found = Number(typeof source === 'string' ? plain(interpolate(source, scopeOf(build, {}))) : source);
  return Number.isInteger(found) ? Math.min(MOST_JOBS, Math.max(1, found)) : 1;
}
