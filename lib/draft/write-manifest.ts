import { Document, isMap, isPair, isScalar, isSeq, type Node, type ParsedNode, stringify, visit } from 'yaml';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';
import type { Draft, Drafted, DraftStream, Finding } from './draft.ts';

const VERSION = '6.0.0';
/** A component stands on one line where that is no longer: as much as an editor shows beside a test on a small screen. */
const ONE_LINE = 66;

/** The manifest of a draft, as somebody would have written it by hand, and why each part is as it is. */
export function writeManifest(draft: Draft): Drafted {
  const settings = { ...draft.auth?.value.settings, ...draft.settings, ...cursorSettings(draft) };
  const manifest = {
    version: VERSION,
    type: 'DeclarativeSource',
    check: { type: 'CheckStream', stream_names: draft.streams.slice(0, 1).map(({ name }) => name) },
    definitions: {
      requester: {
        type: 'HttpRequester',
        url_base: draft.baseUrl,
        ...(draft.auth && { authenticator: draft.auth.value.authenticator }),
      },
    },
    streams: draft.streams.map(streamOf),
    spec: {
      type: 'Spec',
      connection_specification: {
        type: 'object',
        required: Object.keys(settings).filter((name) => settings[name]?.default === undefined),
        properties: settings,
      },
    },
  };
  return {
    manifest: text(manifest),
    findings: findingsOf(draft),
    values: draft.auth?.value.values ?? {},
    ...{ unread: draft.unread, lists: draft.lists },
  };
}

function streamOf(stream: DraftStream): JsonObject {
  const { cursor, primaryKey, schema } = stream;
  return {
    type: 'DeclarativeStream',
    name: stream.name,
    ...(primaryKey && { primary_key: [...primaryKey.value] }),
    retriever: {
      type: 'SimpleRetriever',
      requester: requesterOf(stream),
      ...(stream.paginator && { paginator: stream.paginator.value }),
      record_selector: {
        type: 'RecordSelector',
        extractor: { type: 'DpathExtractor', field_path: [...stream.recordPath.value] },
      },
      ...(stream.router && { partition_router: stream.router }),
    },
    ...(cursor && {
      incremental_sync: {
        type: 'DatetimeBasedCursor',
        cursor_field: cursor.value.field,
        datetime_format: cursor.value.datetimeFormat,
        start_datetime: { type: 'MinMaxDatetime', datetime: "{{ config['start_date'] }}", datetime_format: '%Y-%m-%d' },
        ...(cursor.value.parameter
          ? {
              start_time_option: {
                type: 'RequestOption',
                inject_into: 'request_parameter',
                field_name: cursor.value.parameter,
              },
            }
          : { is_client_side_incremental: true }),
      },
    }),
    ...(schema && { schema_loader: { type: 'InlineSchemaLoader', schema } }),
  };
}

function requesterOf({ method, path, parameters, headers, body }: DraftStream): JsonObject {
  return {
    $ref: '#/definitions/requester',
    path,
    ...(method !== 'GET' && { http_method: method }),
    ...(Object.keys(parameters).length > 0 && { request_parameters: { ...parameters } }),
    ...(Object.keys(headers).length > 0 && { request_headers: { ...headers } }),
    ...bodyOf(body),
  };
}

function bodyOf(body: JsonValue): JsonObject {
  if (body === null || body === '') return {};
  if (typeof body === 'string') return { request_body: { type: 'RequestBodyPlainText', value: body } };
  return { request_body: { type: 'RequestBodyJsonObject', value: body } };
}

function cursorSettings({ streams }: Draft): Record<string, JsonObject> {
  if (!streams.some(({ cursor }) => cursor)) return {};
  return {
    start_date: {
      ...{ type: 'string', title: 'Start date', format: 'date', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
      description: 'The first sync reads what changed from this day on.',
      default: '2000-01-01',
    },
  };
}

function findingsOf({ auth, streams }: Draft): Finding[] {
  const found: Finding[] = [];
  if (auth)
    found.push({
      ...{ stream: null, part: 'authentication' },
      says: String(auth.value.authenticator.type),
      evidence: auth.evidence,
    });
  return [...found, ...streams.flatMap(streamFindings)];
}

/** Why nothing was found, where something was looked at. */
const NONE: Readonly<Record<'records' | 'answer' | 'document', Record<'pagination' | 'key' | 'cursor', string>>> = {
  records: {
    pagination: 'The answer names no next page, and the address no page: only one page is read.',
    key: 'No field is called like a key and different in every record.',
    cursor: 'No field is a time of the last change: every sync reads everything.',
  },
  answer: {
    pagination: 'The answer names no next page, and the address no page: only one page is read.',
    key: 'The answer held no record to see one in.',
    cursor: 'The answer held no record to see one in: every sync reads everything.',
  },
  document: {
    pagination: 'The document names no next page and no parameter for one: only one page is read.',
    key: 'No field of the schema is called like a key.',
    cursor: 'No field of the schema is a time of the last change: every sync reads everything.',
  },
};

/** What was found, and what was looked for in vain; nothing of what nobody could look at. */
function streamFindings({ name: stream, seen, recordPath, ...found }: DraftStream): Finding[] {
  const { paginator, primaryKey, cursor, schema } = found;
  const none = seen === 'nothing' ? null : NONE[seen];
  const strategy = paginator?.value.pagination_strategy as JsonObject | undefined;
  const parts: [Finding['part'], string, string | undefined][] = [
    ['records', recordPath.value.join('.') || 'the whole answer', none ? recordPath.evidence : undefined],
    ['pagination', strategy ? String(strategy.type) : 'none', paginator?.evidence ?? none?.pagination],
    ['primary key', primaryKey?.value.join(', ') ?? 'none', primaryKey?.evidence ?? none?.key],
    ['cursor', cursor?.value.field ?? 'none', cursor?.evidence ?? none?.cursor],
    ['schema', fieldCount(schema), schema ? SCHEMA_EVIDENCE[seen] : undefined],
  ];
  return parts.flatMap(([part, says, evidence]) => (evidence === undefined ? [] : [{ stream, part, says, evidence }]));
}

const SCHEMA_EVIDENCE: Readonly<Record<DraftStream['seen'], string | undefined>> = {
  records: 'By the fields of the records; later syncs take up new ones as they come.',
  document: 'By the schema of the document; later syncs take up new fields as they come.',
  ...{ answer: undefined, nothing: undefined },
};

function fieldCount(schema: JsonObject | null): string {
  const count = Object.keys((schema?.properties ?? {}) as JsonObject).length;
  return `${count} ${count === 1 ? 'field' : 'fields'}`;
}

function text(manifest: object): string {
  const document = new Document(manifest, { ...MANIFEST_YAML, aliasDuplicateObjects: false });
  visit(document, {
    Map: (_key, node, path) => {
      if (isShort(node as Node, columnOf(path))) node.flow = true;
    },
    Seq: (_key, node, path) => {
      if (isShort(node as Node, columnOf(path))) node.flow = true;
    },
    Scalar: (_key, node) => {
      // Readers of YAML 1.1 take a bare day for a date.
      if (typeof node.value === 'string' && /^\d{4}-\d{2}/.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && SECTIONS.has(String(pair.key.value)) && isPair(pair)) pair.key.spaceBefore = true;
    },
  });
  return document.toString(WIDE);
}

const WIDE = { lineWidth: 0, flowCollectionPadding: true } as const;

const SECTIONS = new Set(['check', 'definitions', 'streams', 'spec']);

/** Where a value begins on its line: two columns for each collection around it, and its key. */
function columnOf(path: readonly unknown[]): number {
  const depth = path.filter((each) => isMap(each) || isSeq(each)).length;
  const pair = path.at(-1);
  const key = isPair(pair) && isScalar(pair.key) ? String(pair.key.value).length + 2 : 0;
  return Math.max(0, depth - 1) * 2 + key;
}

/** Components without components of their own read best on one line. */
function isShort(node: Node | ParsedNode, column: number): boolean {
  const value = (node as { toJSON(): unknown }).toJSON();
  if (value === null || typeof value !== 'object') return false;
  // Writing out what is far too long would take time for nothing.
  if (JSON.stringify(value).length > 2 * ONE_LINE) return false;
  const width = column + stringify(value, { collectionStyle: 'flow', ...WIDE }).trimEnd().length;
  if (width > ONE_LINE) return false;
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object');
  return (
    isMap(node) && Object.values(value).every((item) => typeof item !== 'object' || item === null || isWordList(item))
  );
}

function isWordList(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== 'object');
}
