/** Bytes of one uploaded file; pages and service agree on it. */
export const UPLOAD_BYTES = 1_000_000_000;

/** What else can be done with a file that is too large to be sent. */
export const TOO_LARGE_HINT =
  'Pack it with gzip or zstd, give its address, or have it put into a folder that WEIR_FILE_ROOTS lists.';
