import { type ErrorKind, WeirError, type Where } from '#lib/errors.ts';

const ROW_CHARACTERS = 200;

/** Something about a file, in words that name it. */
export function fileError(
  kind: ErrorKind,
  code: string,
  where: Where & { file: string },
  message: string,
  hint: string,
  cause?: unknown,
): WeirError {
  return new WeirError({ kind, code, message: `${where.file}: ${message}`, hint, where, cause });
}

/** An error of somebody who knew nothing of files, with the file's name in it. */
export function inFile(error: WeirError, file: string): WeirError {
  const { kind, code, message, hint, issues, retryAfterS, where } = error;
  return new WeirError({
    ...{ kind, code, message: `${file}: ${message}`, issues, cause: error },
    ...(hint && { hint }),
    ...(retryAfterS !== undefined && { retryAfterS }),
    where: { ...where, file },
  });
}

/** The same error of a file that has another name for people. */
export function renamed(error: WeirError, file: string, shown: string): WeirError {
  const { kind, code, hint, issues, retryAfterS, where, cause } = error;
  return new WeirError({
    ...{
      kind,
      code,
      message: error.message.replaceAll(file, () => shown),
      issues,
      cause,
      where: { ...where, file: shown },
    },
    ...(hint && { hint }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  });
}

export function fileChanged(file: string): WeirError {
  const hint =
    'Nothing of it was used. The next attempt reads it anew, and of a file that grows what is there by then; let files be complete before they appear.';
  return fileError('transient', 'file_changed', { file }, 'changed while it was being read.', hint);
}

/** Of a file that was listed a moment ago. */
export function fileGone(file: string, cause?: unknown): WeirError {
  const hint = 'Somebody may have moved or deleted it meanwhile. The next attempt reads what is there then.';
  return fileError('transient', 'file_changed', { file }, 'was listed, but is not there any more.', hint, cause);
}

export function fileNotFound(file: string, cause?: unknown): WeirError {
  const hint = 'Check the path for its spelling, upper and lower case included.';
  return fileError('config', 'file_not_found', { file }, 'there is no such file.', hint, cause);
}

/** Of an uploaded file: whoever reads may not be the one who took it. */
export function uploadNotFound(file: string, cause?: unknown): WeirError {
  const hint =
    'Upload it again. Workers on other machines or in pods of their own see uploads only where the folder uploads is shared with the web server: docs/deploy.md.';
  return fileError('config', 'file_not_found', { file }, 'there is no such upload where the worker runs.', hint, cause);
}

/** What went wrong with this machine's own files, such as on a disk that is full: not the fault of what is read. */
export function isOfOwnDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

export function isBadRow(error: unknown): boolean {
  return error instanceof WeirError && error.code === 'bad_row';
}

export function badRow(file: string, line: number, raw: string, why: string, hint: string): WeirError {
  const row = raw.length > ROW_CHARACTERS ? `${raw.slice(0, ROW_CHARACTERS)}…` : raw;
  return fileError('config', 'bad_row', { file, line }, `line ${line} ${why}. The row: ${row}`, hint);
}
