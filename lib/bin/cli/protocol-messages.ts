import { once } from 'node:events';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { type Failure, failureText } from '#lib/errors.ts';
import type { Exchange, Source } from '#lib/extract/source.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';

// The Airbyte protocol, 0.3: one JSON message per line on stdout.

/** Name of a stream in messages. */
export type Descriptor = { name: string; namespace?: string };

const FAILURE_TYPES = {
  config: 'config_error',
  transient: 'transient_error',
  terminal: 'system_error',
  bug: 'system_error',
};

export function say(message: object): void {
  process.stdout.write(`${stringifyJson(message)}\n`);
}

/** Whether they are out when this returns: so they are in a file, and in a pipe whose reader keeps up. */
export function writeBytes(bytes: Buffer): boolean {
  process.stdout.write(bytes);
  return process.stdout.writableLength === 0;
}

/** Waits for a reader that does not keep up, so that what it has not read does not fill the memory. */
export async function writtenOut(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

export function sayLog(level: string, message: string): void {
  say({ type: 'LOG', log: { level, message } });
}

/** What went wrong, for whoever runs the connector. */
export function sayFailure(failure: Failure, stream?: Descriptor, stack?: string): void {
  trace({
    type: 'ERROR',
    error: {
      message: failureText(failure),
      internal_message: failure.code,
      failure_type: FAILURE_TYPES[failure.kind],
      ...(stack && { stack_trace: stack }),
      ...(stream && { stream_descriptor: stream }),
    },
  });
}

export function sayStatus(stream: Descriptor, status: string, reasons: JsonObject[] = []): void {
  trace({
    type: 'STREAM_STATUS',
    stream_status: { stream_descriptor: stream, status, ...(reasons.length > 0 && { reasons }) },
  });
}

export function sayState(stream: Descriptor, state: JsonObject, recordCount: number): void {
  say({
    type: 'STATE',
    state: {
      ...{ type: 'STREAM', stream: { stream_descriptor: stream, stream_state: state } },
      sourceStats: { recordCount },
    },
  });
}

/** A config that the source changed; whoever runs the command stores it. */
export async function sayConfig(config: JsonObject): Promise<void> {
  const control = { type: 'CONNECTOR_CONFIG', connectorConfig: { config }, emitted_at: Date.now() };
  say({ type: 'CONTROL', control });
}

/** With `--debug`: each request and what became of it. */
export function sayExchange({ stream, page, request, response, action, waitMs, error, durationMs }: Exchange): void {
  const outcome = response ? `${response.status}, ${response.bytes} bytes` : (error ?? 'no answer');
  const wait = waitMs === undefined ? '' : `, again in ${waitMs} ms`;
  const where = `${stream}, page ${page}`;
  sayLog('DEBUG', `${where}: ${request.method} ${request.url}: ${outcome} in ${durationMs} ms, ${action}${wait}`);
}

/** The body of a SPEC message. */
export function toSpec(source: Pick<Source, 'spec'>): JsonObject {
  const { connectionSpecification, documentationUrl, advancedAuth } = source.spec();
  return {
    connectionSpecification,
    ...(documentationUrl && { documentationUrl }),
    ...(advancedAuth && { advanced_auth: advancedAuth }),
  };
}

/** A stream of a CATALOG message. */
export function toProtocol(stream: StreamDescriptor): JsonObject {
  const { name, namespace, jsonSchema, supportedSyncModes, defaultCursorField, sourceDefinedPrimaryKey } = stream;
  return {
    name,
    ...(namespace && { namespace }),
    json_schema: jsonSchema,
    supported_sync_modes: [...supportedSyncModes],
    ...(stream.sourceDefinedCursor && { source_defined_cursor: true, default_cursor_field: [...defaultCursorField] }),
    ...(sourceDefinedPrimaryKey.length > 0 && {
      source_defined_primary_key: sourceDefinedPrimaryKey.map((path) => [...path]),
    }),
    // As the CDK says it: only a stream with a cursor goes on where it stopped.
    is_resumable: supportedSyncModes.includes('incremental'),
    is_file_based: stream.isFileBased === true,
  };
}

function trace(body: JsonObject): void {
  say({ type: 'TRACE', trace: { ...body, emitted_at: Date.now() } });
}
