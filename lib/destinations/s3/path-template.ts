import { createHash, randomUUID } from 'node:crypto';
import { cutToBytes } from '#lib/records/index.ts';

/** What a file's path may name, after Airbyte's destination-s3. */
export interface PathValues {
  readonly namespace: string;
  readonly stream: string;
  readonly at: Date;
}

/** `${NAME}` replaced, repeated slashes collapsed. Unknown variables stay as they are, so that a mistake shows. */
export function expandPath(template: string, { namespace, stream, at }: PathValues): string {
  const { year, month, day, hour, minute, second, millisecond } = partsOf(at);
  const values: Record<string, string | undefined> = {
    NAMESPACE: plainSegment(namespace),
    STREAM_NAME: plainSegment(stream),
    YEAR: year,
    MONTH: month,
    DAY: day,
    HOUR: hour,
    MINUTE: minute,
    SECOND: second,
    MILLISECOND: millisecond,
    EPOCH: String(at.getTime()),
    UUID: randomUUID(),
  };
  const path = template.replace(/\$\{([A-Z_]+)\}/g, (variable, name: string) => values[name] ?? variable);
  return path.replace(/\/{2,}/g, '/').replace(/^\//, '');
}

export interface FileNameValues {
  readonly at: Date;
  readonly part: number;
  readonly syncId: number;
  readonly extension: string;
}

/** `{date}`, `{date:yyyy_MM}`, `{timestamp}`, `{timestamp:micros}`, `{part_number}`, `{sync_id}`, `{format_extension}` replaced. */
export function expandFileName(pattern: string, { at, part, syncId, extension }: FileNameValues): string {
  const name = pattern.replace(/\{([a-z_]+)(?::([^}]*))?\}/g, (variable, word: string, format: string | undefined) => {
    switch (word) {
      case 'date':
        return formatDate(format || 'yyyy_MM_dd', at);
      case 'timestamp':
        return String(at.getTime() * (format === 'micros' ? 1000 : 1));
      case 'part_number':
        return String(part);
      case 'sync_id':
        return String(syncId);
      case 'format_extension':
        return `.${extension}`;
      default:
        return variable;
    }
  });
  const plain = name.replaceAll('/', '_').replace(`..${extension}`, `.${extension}`);
  return plain.endsWith(`.${extension}`) ? plain : `${plain}.${extension}`;
}

/** The part of a path before its first variable: where what is ours can lie. */
export function staticPrefix(path: string): string {
  const variable = path.indexOf('${');
  return (variable < 0 ? path : path.slice(0, path.lastIndexOf('/', variable) + 1)).replace(/^\/+|\/+$/g, '');
}

/** Java's letters, as Airbyte has them. */
function formatDate(format: string, at: Date): string {
  const { year, month, day, hour, minute, second, millisecond } = partsOf(at);
  const values: Record<string, string> = {
    yyyy: year,
    MM: month,
    dd: day,
    HH: hour,
    mm: minute,
    ss: second,
    SSS: millisecond,
  };
  return format.replace(/yyyy|MM|dd|HH|mm|SSS|ss/g, (letters) => values[letters] ?? letters);
}

function partsOf(at: Date) {
  const [date = '', time = ''] = at.toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const [hour = '', minute = '', second = ''] = time.slice(0, 8).split(':');
  return { year, month, day, hour, minute, second, millisecond: time.slice(9, 12) };
}

/** Stores that keep objects as files take folder names of up to 255 bytes. */
const MOST_BYTES = 200;
const HASH_DIGITS = 8;

/** A stream's name can't climb out of its folder, nor hide in ours; what is longer than folders may be called is cut and told apart by a hash. */
function plainSegment(name: string): string {
  const plain = name.toWellFormed().replace(/[\p{Cc}\\]/gu, '_');
  return plain
    .split('/')
    .map((part) => (/^\.{1,2}$|^_weir$/.test(part) ? part.replace(/[._]/g, '-') : part))
    .map((part) => (Buffer.byteLength(part) > MOST_BYTES ? cutPart(part) : part))
    .join('/');
}

function cutPart(part: string): string {
  const hash = createHash('sha256').update(part).digest('hex').slice(0, HASH_DIGITS);
  return `${cutToBytes(part, MOST_BYTES - HASH_DIGITS - 1)}_${hash}`;
}
