import { isJsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { printed } from '#lib/manifest/template/interpolate.ts';
import type { PaginationStrategy, Paginator, RequestOption } from '../families.ts';
import { joinParts } from '../request/join-parts.ts';

export const defaultPaginator = defineKind<Paginator>({
  name: 'DefaultPaginator',
  family: 'paginator',
  docs: 'Asks for page after page, as its strategy says.',
  example:
    'type: DefaultPaginator\npage_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }\npagination_strategy: { type: PageIncrement, page_size: 100 }\n',
  fields: {
    pagination_strategy: component('How the next page is named.', 'pagination_strategy', { required: true }),
    page_token_option: component('Where the page goes in the request.', ['request_option', 'request_path']),
    page_size_option: component('Where the size goes in the request.', 'request_option', {
      defaultType: 'RequestOption',
    }),
    decoder: component('How answers are read.', 'decoder', { defaultType: 'JsonDecoder' }),
    url_base: { docs: 'No longer used.' },
  },
  problems: ({ page_size_option: option, pagination_strategy: strategy }) =>
    option && isJsonObject(strategy) && !String(strategy.type).startsWith('Custom') && strategy.page_size === undefined
      ? [{ field: 'page_size_option', message: 'page_size_option needs page_size in the strategy.' }]
      : [],
  create(paginator, build) {
    const strategy = build.create<PaginationStrategy>(paginator.pagination_strategy);
    const token = isJsonObject(paginator.page_token_option) ? paginator.page_token_option : null;
    const isPath = token?.type === 'RequestPath';
    const tokenOption = token && !isPath ? build.create<RequestOption>(token) : null;
    const sizeOption = paginator.page_size_option ? build.create<RequestOption>(paginator.page_size_option) : null;
    const size = strategy.pageSize === null ? {} : (sizeOption?.parts(strategy.pageSize) ?? {});
    return {
      first: () => strategy.first(),
      next: (page, last) => strategy.next(page, last),
      parts(value) {
        if (value === null) return size;
        if (isPath) return { ...size, path: printed(value) };
        return joinParts([size, tokenOption?.parts(value) ?? {}]);
      },
    };
  },
});
