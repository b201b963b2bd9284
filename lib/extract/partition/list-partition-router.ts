import type { JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolate, interpolateText, plain, printed } from '#lib/manifest/template/interpolate.ts';
import type { PartitionRouter, RequestOption } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const listPartitionRouter = defineKind<PartitionRouter>({
  name: 'ListPartitionRouter',
  family: 'partition_router',
  docs: 'Reads the stream once for each value of a list.',
  example:
    'type: ListPartitionRouter\nvalues: [open, closed]\ncursor_field: status\nrequest_option: { type: RequestOption, inject_into: request_parameter, field_name: status }\n',
  fields: {
    values: {
      docs: 'The list, or a template that gives one.',
      required: true,
      types: ['array', 'string'],
      variables: ['config', 'parameters'],
    },
    cursor_field: template('Name of the value in templates.', [], { required: true }),
    request_option: component('Where the value goes in the request.', 'request_option', {
      defaultType: 'RequestOption',
    }),
  },
  create(router, build) {
    const name = interpolateText(String(router.cursor_field), scopeOf(build, router));
    const values = valuesOf(router.values ?? [], scopeOf(build, router));
    const option = router.request_option ? build.create<RequestOption>(router.request_option) : null;
    return {
      fields: [name],
      async *partitions() {
        for (const value of values) yield { slice: { partition: { [name]: value }, cursor: {}, extra: {} } };
      },
      parts({ partition }) {
        const value = partition[name];
        return value ? (option?.parts(value) ?? {}) : {};
      },
    };
  },
});

/** Values that stand in the manifest are text, as in the CDK; those of a template are what it gives. */
function valuesOf(values: JsonValue, scope: ReturnType<typeof scopeOf>): unknown[] {
  if (Array.isArray(values)) return values.map((item) => itemOf(item, scope));
  const found = plain(interpolate(String(values), scope));
  if (found === null || found === undefined || found === '') return [];
  return Array.isArray(found) ? found : [found];
}

function itemOf(item: JsonValue, scope: ReturnType<typeof scopeOf>): unknown {
  const isTemplate = typeof item === 'string' && /\{[{%]/.test(item);
  return isTemplate ? plain(interpolate(item, scope, { fallback: item })) : printed(item);
}
