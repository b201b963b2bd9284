import { defineKind, JOB, PAGE, SLICE, template } from '#lib/manifest/kind.ts';

const PLACE = [...SLICE, ...PAGE, ...JOB];
const VARIABLES = ['config', 'parameters', ...PLACE];

/** The requester reads their `value`; they only say how it is written. */
export const requestBodies = [
  defineKind<null>({
    name: 'RequestBodyPlainText',
    family: 'request_body',
    docs: 'A body of plain text.',
    example: 'type: RequestBodyPlainText\nvalue: "ids={{ stream_slice.id }}"\n',
    fields: { value: template('The text.', PLACE, { required: true }) },
    create: () => null,
  }),
  defineKind<null>({
    name: 'RequestBodyUrlEncodedForm',
    family: 'request_body',
    docs: 'A form.',
    example: 'type: RequestBodyUrlEncodedForm\nvalue: { grant: all }\n',
    fields: { value: { docs: 'Fields of the form.', required: true, types: ['object'], variables: VARIABLES } },
    create: () => null,
  }),
  defineKind<null>({
    name: 'RequestBodyJsonObject',
    family: 'request_body',
    docs: 'A JSON object.',
    example: 'type: RequestBodyJsonObject\nvalue: { filter: { status: open } }\n',
    fields: {
      value: { docs: 'The object; templates anywhere in it.', required: true, types: ['object'], variables: VARIABLES },
    },
    create: () => null,
  }),
  defineKind<null>({
    name: 'RequestBodyGraphQL',
    family: 'request_body',
    docs: 'A GraphQL query.',
    example: 'type: RequestBodyGraphQL\nvalue: { query: "{ orders { id } }" }\n',
    fields: {
      value: {
        docs: '`query`, and `variables` where it has some.',
        required: true,
        types: ['object'],
        variables: VARIABLES,
      },
    },
    create: () => null,
  }),
];
