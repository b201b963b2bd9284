import { isJsonObject } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import type {
  Decoder,
  PaginationReset,
  Paginator,
  PropertyChunks,
  RecordSelector,
  Requester,
  Retriever,
} from '../families.ts';
import { routersOf } from '../partition/partitions.ts';
import { propertiesIn, withoutProperties } from '../properties/query-properties.ts';

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
    pagination_reset: component('How reading goes on where the API has no further pages.', 'pagination_reset', {
      defaultType: 'PaginationReset',
    }),
    ignore_stream_slicer_parameters_on_paginated_requests: {
      docs: 'Leave the slice out of requests that carry a page token.',
      types: ['boolean'],
    },
  },
  problems: ({ pagination_reset: reset, record_selector: selector }) =>
    isJsonObject(reset) && reset.limits && isJsonObject(selector) && selector.record_filter
      ? [{ field: 'pagination_reset', message: 'Limits of pagination_reset and a record_filter exclude each other.' }]
      : [],
  create(retriever, build) {
    const requester = isJsonObject(retriever.requester) ? retriever.requester : {};
    const properties = propertiesIn(requester);
    const selector = build.create<RecordSelector>(retriever.record_selector);
    return {
      requester: build.create<Requester>(withoutProperties(requester)),
      paginator: build.create<Paginator>(retriever.paginator ?? { type: 'NoPagination' }),
      decoder: selector.extractor.decoder ?? build.create<Decoder>(retriever.decoder ?? { type: 'JsonDecoder' }),
      selector,
      routers: routersOf(retriever, build),
      ...(properties && { properties: namedProperties(properties, build) }),
      ...(retriever.pagination_reset && { reset: build.create<PaginationReset>(retriever.pagination_reset) }),
      sliceOnFirstPageOnly: retriever.ignore_stream_slicer_parameters_on_paginated_requests === true,
    };
  },
});

/** With them as a parameter, where one is named for them. */
function namedProperties(
  { component: properties, parameter }: NonNullable<ReturnType<typeof propertiesIn>>,
  build: Build,
): NonNullable<Retriever['properties']> {
  return {
    ...build.create<PropertyChunks>(properties),
    parts({ extra }) {
      const names = extra.query_properties;
      return parameter !== null && Array.isArray(names) ? { params: { [parameter]: names.join(',') } } : {};
    },
  };
}
