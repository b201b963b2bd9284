import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { WeirError } from '#lib/errors.ts';
import type { CustomComponent } from './custom-component.ts';

const MOST_FILES = 500;
const MODULES = ['.js', '.mjs', '.ts', '.mts'];
const WRITABLE_BY_OTHERS = 0o022;

/** The classes that an operator has registered. */
export class CustomComponents {
  readonly #all: readonly CustomComponent[];

  constructor(all: readonly CustomComponent[] = []) {
    this.#all = all;
  }

  /** For a manifest with this address of documentation; one that is registered for just that manifest comes first. */
  find(className: string, documentationUrl: string | undefined): CustomComponent | null {
    const named = this.#all.filter((component) => component.className === className);
    return (
      named.find(
        (component) => component.documentationUrl !== undefined && component.documentationUrl === documentationUrl,
      ) ??
      named.find((component) => component.documentationUrl === undefined) ??
      null
    );
  }
}

/**
 * The modules of a folder. They run with all rights of the service, so neither the folder nor a file may be writable by others than its owner, who
 * is this user or root. @throws WeirError `components_dir`
 */
export async function loadComponents(folder: string): Promise<CustomComponents> {
  const root = await realpath(folder).catch((cause) => refuse(folder, 'it does not exist', cause));
  const about = await stat(root);
  if (!about.isDirectory()) refuse(folder, 'it is no folder');
  assertOwn(root, about);
  const files = (await readdir(root)).filter((name) => MODULES.includes(path.extname(name))).toSorted();
  if (files.length > MOST_FILES) refuse(folder, `it holds more than ${MOST_FILES} modules`);
  const all: CustomComponent[] = [];
  for (const name of files) {
    const file = await realpath(path.join(root, name));
    if (path.dirname(file) !== root) refuse(file, 'it lies outside of the folder of components');
    assertOwn(file, await stat(file));
    all.push(...(await exported(file)));
  }
  return new CustomComponents(all);
}

function assertOwn(file: string, { mode, uid }: Stats): void {
  if (process.getuid === undefined) return;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) refuse(file, 'others may write it', undefined, `chmod go-w ${file}`);
  if (uid !== 0 && uid !== process.getuid()) refuse(file, 'it belongs to another user');
}

async function exported(file: string): Promise<CustomComponent[]> {
  const found = await import(pathToFileURL(file).href).catch((cause: Error) =>
    refuse(file, `it can't be loaded: ${cause.message}`, cause),
  );
  const all = [(found as { default?: unknown }).default].flat();
  const wrong = all.find((component) => !isComponent(component));
  if (wrong !== undefined || all.length === 0 || all[0] === undefined)
    refuse(file, 'its default export is no { className, create }');
  return all as CustomComponent[];
}

function isComponent(value: unknown): value is CustomComponent {
  const { className, create, documentationUrl } = (value ?? {}) as Partial<Record<keyof CustomComponent, unknown>>;
  return (
    typeof className === 'string' &&
    typeof create === 'function' &&
    (documentationUrl === undefined || typeof documentationUrl === 'string')
  );
}

function refuse(file: string, why: string, cause?: unknown, command?: string): never {
  throw new WeirError({
    kind: 'config',
    code: 'components_dir',
    message: `${file} can't be used for components: ${why}.`,
    hint: command
      ? `Whoever runs this service can mend it: ${command}`
      : 'Whoever runs this service can mend it; see docs/custom-components.md.',
    cause,
  });
}
