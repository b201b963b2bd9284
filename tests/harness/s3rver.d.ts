/** The part of s3rver that our tests use; it brings no types of its own. */
declare module 's3rver' {
  /** As Koa runs them. */
  export type Middleware = (
    ctx: {
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string | undefined>>;
      readonly query: Readonly<Record<string, string | undefined>>;
      status: number;
      type: string;
      body: string;
    },
    next: () => Promise<void>,
  ) => Promise<void>;

  export type Content = Buffer | NodeJS.ReadableStream;
  interface Written {
    readonly size: number;
    readonly md5: string;
  }
  type Metadata = Readonly<Record<string, string>>;

  export default class S3rver {
    /** Where its objects are kept: files in the directory. */
    readonly store: {
      getResourcePath(bucket: string, key: string | undefined, resource: 'object' | 'uploads'): string;
      listObjects(bucket: string, options: { maxKeys?: number; prefix?: string }): Promise<unknown>;
      getObject(bucket: string, key: string, options: unknown): Promise<unknown>;
      copyObject(...fromAndTo: unknown[]): Promise<unknown>;
      deleteObject(bucket: string, key: string): Promise<void>;
      putMetadata(bucket: string, key: string, metadata: Metadata, md5: string): Promise<void>;
      putObject(object: { bucket: string; key: string; content: Content; metadata: Metadata }): Promise<Written>;
      putPart(bucket: string, uploadId: string, number: number, content: Content): Promise<Written>;
    };
    /** Those that see a request first come first. */
    readonly middleware: Middleware[];
    constructor(options: {
      address?: string;
      port?: number;
      silent?: boolean;
      directory: string;
      resetOnClose?: boolean;
      configureBuckets?: { name: string; configs?: string[] }[];
    });
    run(): Promise<{ address: string; port: number }>;
    close(): Promise<void>;
  }
}
