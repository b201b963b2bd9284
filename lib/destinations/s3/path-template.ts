import { randomUUID } from 'node:crypto';

/** What a file's path may name, after Airbyte's destination-s3. */
export interface PathValues {
  readonly namespace: string;
  readonly stream: string;
  readonly at: Date;
}

/** `${NAME}` replaced, repeated slashes collapsed. Unknown variables stay as they are, so that a mistake shows. */
export function expandPath(template: string, { namespace, stream, at }: PathValues): string {
  const [date = '', time = ''] = at.toISOString().split('T');
  const [year, month, day] = date.split('-');
  const [hour, minute, second] = time.slice(0, 8).split(':');
  const values: Record<string, string | undefined> = {
    NAMESPACE: plainSegment(namespace),
    STREAM_NAME: plainSegment(stream),
    YEAR: year,
    MONTH: month,
    DAY: day,
    HOUR: hour,
    MINUTE: minute,
    SECOND: second,
    MILLISECOND: time.slice(9, 12),
    EPOCH: String(at.getTime()),
    UUID: randomUUID(),
  };
  const path = template.replace(/\$\{([A-Z_]+)\}/g, (variable, name: string) => values[name] ?? variable);
  return path.replace(/\/{2,}/g, '/').replace(/^\//, '');
}

/** A stream's name can't climb out of its folder, nor hide in ours. */
function plainSegment(name: string): string {
  const plain = name.toWellFormed().replace(/[\p{Cc}\\]/gu, '_');
  return plain
    .split('/')
    .map((part) => (/^\.{1,2}$|^_weir$/.test(part) ? part.replace(/[._]/g, '-') : part))
    .join('/');
}
