import type { JsonObject, JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText, plain, printed } from '#lib/manifest/template/interpolate.ts';
import type { RequestOption, RequestParts } from '../families.ts';
import { scopeOf } from '../scope.ts';

const PLACES = ['request_parameter', 'header', 'body_data', 'body_json'];

export const requestOption = defineKind<RequestOption>({
  name: 'RequestOption',
  family: 'request_option',
  docs: 'Where a value goes in the request: a parameter, a header, or the body.',
  example: 'type: RequestOption\ninject_into: request_parameter\nfield_name: page\n',
  fields: {
    inject_into: { docs: 'The part of the request.', required: true, types: ['string'], values: PLACES },
    field_name: template('Its name there.'),
    field_path: {
      docs: 'Its path in a JSON body, outermost first.',
      types: ['array'],
      variables: ['config', 'parameters'],
    },
  },
  problems: (option) => {
    if (!option.field_name && !Array.isArray(option.field_path))
      return [{ message: 'RequestOption needs field_name or field_path.' }];
    if (option.field_name && Array.isArray(option.field_path))
      return [{ message: 'RequestOption has field_name and field_path: the name is used.', harmless: true }];
    if (Array.isArray(option.field_path) && option.inject_into !== 'body_json')
      return [{ field: 'field_path', message: 'field_path works with body_json only.' }];
    return [];
  },
  create(option, build) {
    const scope = scopeOf(build, option);
    const names = option.field_name || !Array.isArray(option.field_path) ? [option.field_name] : option.field_path;
    const path = names.map((part) => interpolateText(String(part), scope));
    const name = path.join('.');
    const parts: Record<string, (value: unknown) => RequestParts> = {
      request_parameter: (value) => ({ params: { [name]: texts(value) } }),
      header: (value) => ({ headers: { [name]: printed(value) } }),
      body_data: (value) => ({ bodyData: { [name]: texts(value) } }),
      body_json: (value) => ({ bodyJson: nested(path, plain(value) as JsonValue) }),
    };
    const place = String(option.inject_into);
    return { parts: (value) => parts[place]?.(value) ?? {}, place: `${place} ${name}` };
  },
});

export const requestPath = defineKind<null>({
  name: 'RequestPath',
  family: 'request_path',
  docs: 'The token is the whole address or path of the next page.',
  example: 'type: RequestPath\n',
  fields: {},
  create: () => null,
});

function texts(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map(printed) : printed(value);
}

function nested(path: readonly string[], value: JsonValue): JsonObject {
  return path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}
