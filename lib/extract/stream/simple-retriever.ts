import { isJsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Decoder, Paginator, PartitionRouter, RecordSelector, Requester, Retriever } from '../families.ts';

export const simpleRetriever = defineKind<Retriever>({
  name: 'SimpleRetriever',
  family: 'retriever',
  docs: 'Reads pages of records over HTTP.',
  example:
    'type: SimpleRetriever\nrequester: { type: HttpRequester, url: https://api.example.com/orders }\nrecord_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }\n',
  fields: {
    requester: component('Sends the requests.', 'requester', { required: true, defaultType: 'HttpRequester' }),
    record_selector: component('Finds the records.', 'record_selector', {
      required: true,
      defaultType: 'RecordSelector',
    }),
    paginator: component('Asks for the next page.', 'paginator', { defaultType: 'NoPagination' }),
    partition_router: component(
      'Reads the stream once for each partition; a list makes every combination.',
      'partition_router',
      { types: ['array'] },
    ),
    stream_slicer: component('Older name of partition_router.', 'partition_router', { types: ['array'] }),
    decoder: component('How answers are read; JSON when absent.', 'decoder', { defaultType: 'JsonDecoder' }),
    ignore_stream_slicer_parameters_on_paginated_requests: {
      docs: 'Leave the slice out of requests that carry a page token.',
      types: ['boolean'],
    },
  },
  create(retriever, build) {
    const selector = build.create<RecordSelector>(retriever.record_selector);
    const routers = [retriever.partition_router ?? retriever.stream_slicer ?? []].flat().filter(isJsonObject);
    return {
      requester: build.create<Requester>(retriever.requester),
      paginator: build.create<Paginator>(retriever.paginator ?? { type: 'NoPagination' }),
      decoder: selector.extractor.decoder ?? build.create<Decoder>(retriever.decoder ?? { type: 'JsonDecoder' }),
      selector,
      routers: routers.map((router) => build.create<PartitionRouter>(router)),
      sliceOnFirstPageOnly: retriever.ignore_stream_slicer_parameters_on_paginated_requests === true,
    };
  },
});
