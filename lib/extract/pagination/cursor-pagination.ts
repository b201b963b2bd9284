import type { JsonValue } from '#lib/json.ts';
import { component, defineKind, PAGE, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean, interpolateString } from '#lib/manifest/template/interpolate.ts';
import { truthy } from '#lib/manifest/template/values.ts';
import type { PageToken, PaginationStrategy } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { pageSizeField, pageSizeOf } from './page-size.ts';

export const cursorPagination = defineKind<PaginationStrategy>({
  name: 'CursorPagination',
  family: 'pagination_strategy',
  docs: 'Takes the token of the next page from the page before. Ends when there is none.',
  example: `type: CursorPagination\ncursor_value: "{{ response['next'] }}"\nstop_condition: "{{ not response['next'] }}"\n`,
  fields: {
    cursor_value: template('The token.', PAGE, { required: true }),
    stop_condition: template('Ends the pages when true; looked at first.', PAGE, { types: ['string', 'boolean'] }),
    page_size: pageSizeField,
    decoder: component('How answers are read.', 'decoder', { defaultType: 'JsonDecoder' }),
  },
  create(strategy, build) {
    return {
      pageSize: pageSizeOf(strategy, build),
      first: () => null,
      next({ answer, count, lastRecord }) {
        const variables = {
          response: firstDocument(answer.body),
          headers: answer.headers,
          last_record: lastRecord,
          last_page_size: count,
          last_page_token_value: null,
          next_page_token: null,
        };
        const scope = scopeOf(build, strategy, variables);
        // In this order: where the condition holds, the value may not be there.
        if (
          strategy.stop_condition !== undefined &&
          interpolateBoolean(strategy.stop_condition as string | boolean, scope)
        )
          return null;
        const value = interpolateString(String(strategy.cursor_value), scope);
        return truthy(value) ? (value as PageToken) : null;
      },
    };
  },
});

/** As in the CDK, a body that is a list shows templates its first item. */
function firstDocument(body: JsonValue): JsonValue {
  const [first = {}] = Array.isArray(body) ? body : [body];
  return typeof first === 'object' ? first : {};
}
