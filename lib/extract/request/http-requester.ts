import type { JsonObject } from '#lib/json.ts';
import { component, defineKind, JOB, PAGE, SLICE, template } from '#lib/manifest/kind.ts';
import type { Requester } from '../families.ts';
import { parametersWith } from '../properties/query-properties.ts';
import { HttpSender } from './http-sender.ts';

const VARIABLES = [...SLICE, ...PAGE, ...JOB];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'get', 'post'];

const options = (docs: string) => ({
  docs,
  types: ['object', 'string'] as const,
  variables: ['config', 'parameters', ...VARIABLES],
});

export const httpRequester = defineKind<Requester>({
  name: 'HttpRequester',
  family: 'requester',
  docs: 'Sends the HTTP requests of a stream.',
  example: 'type: HttpRequester\nurl: https://api.example.com/orders\n',
  fields: {
    url: template('The whole address.', VARIABLES),
    url_base: template('The address that paths are added to.', VARIABLES),
    path: template('The path of this stream.', VARIABLES),
    http_method: { docs: 'GET when absent.', types: ['string'], values: METHODS },
    authenticator: component('How the request proves who sends it.', 'authenticator'),
    request_parameters: options('Query parameters.'),
    query_properties: component('The fields that requests name, where templates put them.', 'query_properties', {
      defaultType: 'QueryProperties',
    }),
    fetch_properties_from_endpoint: component('Older way of query_properties.', 'properties_source', {
      defaultType: 'PropertiesFromEndpoint',
    }),
    request_headers: options('Headers.'),
    request_body_data: options('A form body, or its text.'),
    request_body_json: options('A JSON body.'),
    request_body: component('A body of any kind.', 'request_body'),
    error_handler: component('What answers mean that are no success, and when to try again.', 'error_handler', {
      defaultType: 'DefaultErrorHandler',
    }),
    use_cache: { docs: 'Read the same GET request once in a sync.', types: ['boolean'] },
    stream_response: { docs: 'Not needed here: answers are read within limits.', types: ['boolean'] },
    connect_timeout_in_seconds: { docs: 'Not needed here: connections have a limit.', types: ['number'] },
    read_timeout_in_seconds: { docs: 'The longest wait for a whole answer.', types: ['number'] },
    use_tcp_keepalive: { docs: 'Not needed here: connections are kept.', types: ['boolean'] },
  },
  problems: (requester) => [
    ...(requester.url || requester.url_base ? [] : [{ message: 'HttpRequester needs url, or url_base and path.' }]),
    ...(hasSome(requester.request_body_json) && hasSome(requester.request_body_data)
      ? [{ field: 'request_body_data', message: 'A request has one body: request_body_json or request_body_data.' }]
      : []),
    ...(parametersWith(requester.request_parameters).length > 1
      ? [{ field: 'request_parameters', message: 'One request parameter at the most can be QueryProperties.' }]
      : []),
  ],
  create: (requester, build) => new HttpSender(requester, build),
});

function hasSome(value: JsonObject[string] | undefined): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
