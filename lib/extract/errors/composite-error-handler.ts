import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ErrorHandler, Resolution } from '../families.ts';

/** The first handler that says one of these is followed; for the others the last one counts. */
const DECIDED = ['SUCCESS', 'RETRY', 'IGNORE', 'RESET_PAGINATION'];

export const compositeErrorHandler = defineKind<ErrorHandler>({
  name: 'CompositeErrorHandler',
  family: 'error_handler',
  docs: 'Asks several handlers in turn.',
  example:
    'type: CompositeErrorHandler\nerror_handlers:\n  - type: DefaultErrorHandler\n    response_filters: [{ http_codes: [429], action: RETRY }]\n',
  fields: {
    error_handlers: component('The handlers.', 'error_handler', {
      required: true,
      types: ['array'],
      defaultType: 'DefaultErrorHandler',
    }),
  },
  create(composite, build) {
    const handlers = (Array.isArray(composite.error_handlers) ? composite.error_handlers : []).map((handler) =>
      build.create<ErrorHandler>(handler),
    );
    return {
      maxRetries: handlers[0]?.maxRetries ?? 5,
      resolve(answer) {
        let last: Resolution | null = null;
        for (const handler of handlers) {
          const resolution = handler.resolve(answer);
          if (resolution && DECIDED.includes(resolution.action)) return resolution;
          last = resolution ?? last;
        }
        return last;
      },
      resolveError: (error) => handlers[0]?.resolveError(error) ?? { action: 'FAIL' },
      backoff(answer, tries) {
        for (const handler of handlers) {
          const seconds = handler.backoff(answer, tries);
          if (seconds !== null) return seconds;
        }
        return null;
      },
    };
  },
});
