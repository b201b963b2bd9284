import { open, stat } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** All but the last: some stores want them of one size. */
export const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;

export interface Uploading {
  readonly file: string;
  readonly metadata: Record<string, string>;
  readonly abortSignal: AbortSignal;
  /** Of parts that have arrived, for all uploads of a store: new ones for each part would keep the garbage collector busy. */
  readonly buffers: Buffer[];
}

/** Uploads a file, in parts where it is large. That may begin while it still grows at its end: nothing appears under the key before `complete`. */
export class PartUpload {
  readonly #client: S3Client;
  readonly #object: { readonly Bucket: string; readonly Key: string };
  readonly #uploading: Uploading;
  readonly #parts: Promise<CompletedPart>[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #uploadId: string | undefined;
  #sent = 0;
  #failure: Error | undefined;

  constructor(client: S3Client, object: { Bucket: string; Key: string }, uploading: Uploading) {
    this.#client = client;
    this.#object = object;
    this.#uploading = uploading;
  }

  get key(): string {
    return this.#object.Key;
  }

  /** Sends the whole parts that the file has by now. */
  async sendWhole(): Promise<void> {
    const { size } = await stat(this.#uploading.file);
    while (this.#sent + PART_BYTES <= size) await this.#send(PART_BYTES);
  }

  /** The file is whole: sends all of it, and waits until it is there. It appears by `complete`. */
  async sendAll(): Promise<void> {
    const { size } = await stat(this.#uploading.file);
    while (this.#sent < size) await this.#send(Math.min(PART_BYTES, size - this.#sent));
    await Promise.all(this.#parts);
  }

  /** The file is whole: what is left of it is sent, and it appears. When that fails, parts that were sent are taken back. */
  async complete(): Promise<void> {
    const { size } = await stat(this.#uploading.file);
    try {
      if (size < PART_BYTES && this.#sent === 0) await this.#put(size);
      else await this.#complete(size);
    } catch (error) {
      if (!this.#uploading.abortSignal.aborted && (await this.#hasArrived(size))) return;
      await this.abort();
      throw error;
    }
  }

  /** Takes back what was sent. Whether that worked is not told: what went wrong before is more. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    const { Bucket, Key } = this.#object;
    const UploadId = this.#uploadId;
    if (!UploadId) return;
    await this.#client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
  }

  async #put(size: number): Promise<void> {
    const { abortSignal, metadata } = this.#uploading;
    const Body = await this.#read(Buffer.allocUnsafeSlow(size), 0, size);
    await this.#client.send(new PutObjectCommand({ ...this.#object, Body, Metadata: metadata }), { abortSignal });
  }

  async #complete(size: number): Promise<void> {
    const { abortSignal } = this.#uploading;
    while (this.#sent < size) await this.#send(Math.min(PART_BYTES, size - this.#sent));
    const Parts = await Promise.all(this.#parts);
    const whole = { ...this.#object, UploadId: this.#uploadId, MultipartUpload: { Parts } };
    await this.#client.send(new CompleteMultipartUploadCommand(whole), { abortSignal });
  }

  /** Resolves when the part is on its way. */
  async #send(bytes: number): Promise<void> {
    const { abortSignal, metadata, buffers } = this.#uploading;
    while (this.#underWay.size >= PARTS_AT_ONCE) await Promise.race(this.#underWay);
    if (this.#failure) throw this.#failure;
    if (this.#uploadId === undefined) {
      const begin = new CreateMultipartUploadCommand({ ...this.#object, Metadata: metadata });
      this.#uploadId = (await this.#client.send(begin, { abortSignal })).UploadId ?? '';
    }
    const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
    const part = this.#sendPart(this.#parts.length + 1, await this.#read(buffer, this.#sent, bytes));
    this.#sent += bytes;
    this.#parts.push(part);
    const settled: Promise<unknown> = part
      // That of a part that failed may still be on its way.
      .then(() => buffers.push(buffer))
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  async #sendPart(PartNumber: number, Body: Buffer): Promise<CompletedPart> {
    const { abortSignal } = this.#uploading;
    const part = { ...this.#object, UploadId: this.#uploadId, PartNumber, Body };
    const { ETag } = await this.#client.send(new UploadPartCommand(part), { abortSignal });
    return { PartNumber, ETag };
  }

  async #read(buffer: Buffer, at: number, bytes: number): Promise<Buffer> {
    await using handle = await open(this.#uploading.file);
    const { bytesRead } = await handle.read(buffer, 0, bytes, at);
    if (bytesRead < bytes) throw new Error(`${this.#uploading.file} became shorter while it was uploaded.`);
    return buffer.subarray(0, bytes);
  }

  /** Whoever asks again to end an upload, because the answer was lost, is refused: then the object tells. Its key is nobody else's. */
  async #hasArrived(size: number): Promise<boolean> {
    const head = new HeadObjectCommand(this.#object);
    const { ContentLength } = await this.#client.send(head).catch(() => ({ ContentLength: -1 }));
    return ContentLength === size;
  }
}
