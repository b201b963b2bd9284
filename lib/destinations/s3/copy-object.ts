import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { StorageClass } from './stored-file.ts';

/** What stores copy by one request. */
const MOST_BYTES_AT_ONCE = 5 * 1024 ** 3;
/** Of what is larger, all but the last: some stores want them of one size, and no more than 10,000. */
const PART_BYTES = 1024 ** 3;
const PARTS_AT_ONCE = 4;

export interface Copying {
  readonly from: string;
  readonly to: string;
  /** As it was where none is named. */
  readonly storageClass: StorageClass | undefined;
}

interface CopyContext {
  readonly bucket: string;
  readonly abortSignal: AbortSignal;
  readonly limits?: CopyLimits | undefined;
}

/** In bytes. */
export interface CopyLimits {
  readonly mostAtOnce: number;
  readonly part: number;
}

/** Copies inside a bucket, without the bytes passing through here; in parts what is too large for one request. The metadata goes along. */
export async function copyObject(
  client: S3Client,
  { from, to, storageClass }: Copying,
  { bucket, abortSignal, limits = { mostAtOnce: MOST_BYTES_AT_ONCE, part: PART_BYTES } }: CopyContext,
): Promise<true> {
  // The `=` of folders by day stays: some stores undo no more of it than `decodeURI` does.
  const CopySource = `${bucket}/${encodeURIComponent(from).replaceAll('%2F', '/').replaceAll('%3D', '=')}`;
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: from }), { abortSignal });
  const { Metadata = {}, ContentLength = 0, ContentType } = head;
  const object = { Bucket: bucket, Key: to };
  if (ContentLength <= limits.mostAtOnce) {
    const change = storageClass && { StorageClass: storageClass, MetadataDirective: 'REPLACE' as const, Metadata };
    await client.send(new CopyObjectCommand({ ...object, CopySource, ...change }), { abortSignal });
    return true;
  }
  const begin = { ...object, Metadata, ContentType, ...(storageClass && { StorageClass: storageClass }) };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(begin), { abortSignal });
  try {
    const Parts = await copyParts(rangesOf(ContentLength, limits.part), async (CopySourceRange, PartNumber) => {
      const part = { ...object, UploadId, PartNumber, CopySource, CopySourceRange };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part), { abortSignal });
      return { PartNumber, ETag: CopyPartResult?.ETag };
    });
    const whole = { ...object, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(whole), { abortSignal });
    return true;
  } catch (error) {
    // What went wrong before is more than whether this works.
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
    throw error;
  }
}

/** `bytes=0-1073741823`, and so on: both ends count. */
function rangesOf(bytes: number, part: number): string[] {
  return Array.from(
    { length: Math.ceil(bytes / part) },
    (_, at) => `bytes=${at * part}-${Math.min((at + 1) * part, bytes) - 1}`,
  );
}

/** Some at a time, in order. Ends when all that were begun have, so that nothing arrives after an upload was given up. */
async function copyParts(
  ranges: readonly string[],
  copy: (range: string, number: number) => Promise<CompletedPart>,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for (let at = 0; at < ranges.length; at += PARTS_AT_ONCE) {
    const these = ranges.slice(at, at + PARTS_AT_ONCE).map((range, index) => copy(range, at + index + 1));
    await Promise.allSettled(these);
    parts.push(...(await Promise.all(these)));
  }
  return parts;
}
