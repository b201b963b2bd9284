import { defineKind } from '#lib/manifest/kind.ts';
import type { PaginationStrategy } from '../families.ts';
import { pageSizeField, pageSizeOf } from './page-size.ts';

export const offsetIncrement = defineKind<PaginationStrategy>({
  name: 'OffsetIncrement',
  family: 'pagination_strategy',
  docs: 'Says how many records to leave out. Ends after a page with fewer records than page_size, or with none.',
  example: 'type: OffsetIncrement\npage_size: 100\n',
  fields: {
    page_size: pageSizeField,
    inject_on_first_request: { docs: 'Send the offset 0 with the first request.', types: ['boolean'] },
  },
  create(strategy, build) {
    const size = pageSizeOf(strategy, build);
    return {
      pageSize: size,
      first: () => (strategy.inject_on_first_request === true ? 0 : null),
      // What came counts, not what was asked for: an API may give less than the size.
      next: ({ rawCount }, token) =>
        rawCount === 0 || (size !== null && rawCount < size) ? null : Number(token ?? 0) + rawCount,
    };
  },
});
