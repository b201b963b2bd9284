/** Storage classes of Amazon S3 for files that are read seldom. */
export const STORAGE_CLASSES = [
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;
export type StorageClass = (typeof STORAGE_CLASSES)[number];

/** A published file; readers find it under its key. */
export interface StoredFile {
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  /** Which of the stream's tables it belongs to; absent for the one that checks look at. */
  readonly table?: string;
  /** When it was published. */
  readonly at?: string;
  /** By which sync; or, of rows that were loaded again, the one whose files it stays with. */
  readonly syncId?: number;
  /** Absent for the bucket's own. */
  readonly storageClass?: StorageClass;
}
