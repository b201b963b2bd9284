import type { JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean, interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { ErrorAction, Resolution, ResponseFilter } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { MEANINGS } from './default-meanings.ts';
import { errorMessageOf } from './error-message.ts';

const ACTIONS: ErrorAction[] = [
  'SUCCESS',
  'FAIL',
  'RETRY',
  'IGNORE',
  'RATE_LIMITED',
  'RESET_PAGINATION',
  'REFRESH_TOKEN_THEN_RETRY',
];

export const responseFilter = defineKind<ResponseFilter>({
  name: 'HttpResponseFilter',
  family: 'response_filter',
  docs: 'Says what certain answers mean. Its conditions are alternatives.',
  example: 'type: HttpResponseFilter\naction: IGNORE\nhttp_codes: [404]\n',
  fields: {
    action: { docs: 'What is done then.', types: ['string'], values: ACTIONS },
    failure_type: {
      docs: 'Whose failure it is.',
      types: ['string'],
      values: ['config_error', 'transient_error', 'system_error'],
    },
    http_codes: { docs: 'Status codes.', types: ['array'] },
    predicate: template('A condition over the answer.', ['response', 'headers'], { types: ['string', 'boolean'] }),
    error_message_contains: { docs: 'A text in the body.', types: ['string'] },
    error_message: template('What the user is told.', ['response', 'headers']),
  },
  create(filter, build) {
    const codes = Array.isArray(filter.http_codes) ? filter.http_codes.map(Number) : [];
    return {
      matches(answer) {
        const scope = scopeOf({ ...build, config: {} }, filter, {
          response: typeof answer.body === 'string' ? {} : answer.body,
          headers: answer.headers,
        });
        const said = filter.error_message_contains;
        const found =
          codes.includes(answer.status) ||
          (isGiven(filter.predicate) && interpolateBoolean(filter.predicate as string | boolean, scope)) ||
          (isGiven(said) && (errorMessageOf(answer) ?? '').includes(String(said)));
        // As in the CDK, a filter that names no action decides nothing.
        if (!found || filter.action === undefined) return null;
        const message = isGiven(filter.error_message)
          ? interpolateText(String(filter.error_message), {
              ...scope,
              variables: { ...scope.variables, config: build.config },
            })
          : undefined;
        const action = filter.action as ErrorAction;
        const named = action === 'FAIL' ? (filter.failure_type as Resolution['failureType'] | undefined) : undefined;
        const failureType = named ?? MEANINGS[answer.status]?.failureType ?? 'system_error';
        return { action, ...(message && { message }), failureType };
      },
    };
  },
});

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}
