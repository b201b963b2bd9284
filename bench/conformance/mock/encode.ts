import { deflateRawSync, gzipSync } from 'node:zlib';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { MockAnswer } from './answers.ts';
import type { Endpoint } from './endpoints.ts';
import { scope, textOf, type World } from './templates.ts';

/** The body as the endpoint's decoder reads it. */
export function encoded(
  { retriever, role }: Endpoint,
  body: JsonValue,
  headers: Readonly<Record<string, string>>,
  world: World,
): MockAnswer {
  const decoder = role === 'download' ? (retriever.download_decoder ?? retriever.decoder) : retriever.decoder;
  const { bytes, type } = written(isJsonObject(decoder) ? decoder : {}, body, world);
  return { status: 200, headers: { 'Content-Type': type, ...headers }, body: bytes };
}

function written(decoder: JsonObject, body: JsonValue, world: World): { bytes: string | Uint8Array; type: string } {
  const rows = Array.isArray(body) ? body : [body];
  const inner = () => written(isJsonObject(decoder.decoder) ? decoder.decoder : {}, body, world);
  switch (decoder.type) {
    case 'JsonlDecoder':
      return { bytes: rows.map((row) => stringifyJson(row)).join('\n'), type: 'application/x-ndjson' };
    case 'IterableDecoder':
      return {
        bytes: rows.map((row) => (isJsonObject(row) ? String(Object.values(row)[0] ?? '') : String(row))).join('\n'),
        type: 'text/plain',
      };
    case 'CsvDecoder':
      return { bytes: csv(rows, textOf(decoder.delimiter, scope(world, decoder)) ?? ','), type: 'text/csv' };
    case 'XmlDecoder':
      return {
        bytes: `<?xml version="1.0" encoding="UTF-8"?>\n${xml(isJsonObject(body) && Object.keys(body).length === 1 ? body : { root: body })}`,
        type: 'application/xml',
      };
    case 'GzipDecoder':
      return { bytes: gzipSync(inner().bytes), type: 'application/octet-stream' };
    case 'ZipfileDecoder':
      return { bytes: zip(Buffer.from(inner().bytes)), type: 'application/zip' };
    default:
      return { bytes: stringifyJson(body), type: 'application/json' };
  }
}

function csv(rows: readonly JsonValue[], delimiter: string): string {
  const records = rows.filter(isJsonObject);
  const names = Object.keys(records[0] ?? { id: 1 });
  const cell = (value: JsonValue | undefined) => {
    const text =
      value === null || value === undefined ? '' : typeof value === 'object' ? stringifyJson(value) : String(value);
    return /["\n\r]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names.map(cell), ...records.map((record) => names.map((name) => cell(record[name])))]
    .map((row) => row.join(delimiter))
    .join('\n');
}

/** Lists become repeated elements; a list of several at the top gets a root. */
function xml(value: JsonValue): string {
  if (!isJsonObject(value)) return text(value);
  return Object.entries(value)
    .map(([name, inner]) =>
      [inner]
        .flat()
        .map((item) => `<${tag(name)}>${xml(item as JsonValue)}</${tag(name)}>`)
        .join(''),
    )
    .join('');
}

function tag(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_').replace(/^[^A-Za-z_]/, '_');
}

function text(value: JsonValue): string {
  return value === null ? '' : String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A zip archive of one file, as small as the format allows. */
function zip(content: Buffer): Buffer {
  const name = Buffer.from('data.txt');
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, name, packed]);
  const central = Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
