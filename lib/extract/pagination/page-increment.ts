import { defineKind } from '#lib/manifest/kind.ts';
import type { PaginationStrategy } from '../families.ts';
import { pageSizeField, pageSizeOf } from './page-size.ts';

export const pageIncrement = defineKind<PaginationStrategy>({
  name: 'PageIncrement',
  family: 'pagination_strategy',
  docs: 'Numbers the pages. Ends after a page with fewer records than page_size, or with none.',
  example: 'type: PageIncrement\npage_size: 100\nstart_from_page: 1\n',
  fields: {
    page_size: pageSizeField,
    start_from_page: { docs: 'Number of the first page; 0 when absent.', types: ['integer'] },
    inject_on_first_request: { docs: 'Send the number with the first request too.', types: ['boolean'] },
  },
  create(strategy, build) {
    const size = pageSizeOf(strategy, build);
    const start = Number(strategy.start_from_page ?? 0);
    return {
      pageSize: size,
      first: () => (strategy.inject_on_first_request === true ? start : null),
      next: ({ rawCount }, token) =>
        rawCount === 0 || (size !== null && rawCount < size) ? null : Number(token ?? start) + 1,
    };
  },
});
