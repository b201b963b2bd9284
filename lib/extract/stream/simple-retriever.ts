import { component, defineKind } from '#lib/manifest/kind.ts';

/** The stream reads it; it only holds the parts together. */
export const simpleRetriever = defineKind<null>({
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
  create: () => null,
});
