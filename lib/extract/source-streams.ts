import { WeirError } from '#lib/errors.ts';
import { isJsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { Manifest, ManifestDynamicStreams, ManifestStream } from '#lib/manifest/manifest.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import type { DynamicStreams, StreamReader } from './families.ts';
import { NOT_SENT } from './http/refusing-client.ts';
import { cachedStream, parentNames } from './request/cached-answers.ts';
import { scopeOf } from './scope.ts';
import type { ExtractContext } from './source.ts';

/** A stream that was made from a template. */
export interface MadeStream extends ManifestStream {
  /** Name of the template. */
  readonly template: string;
}

/** The streams of a source for one config: those of the manifest whose condition holds, and those that templates make. */
export class SourceStreams {
  readonly declared: readonly ManifestStream[];
  readonly #templates: readonly ManifestDynamicStreams[];
  readonly #build: Build;
  #made: Promise<MadeStream[]> | null = null;

  constructor(manifest: Manifest, build: Build) {
    this.#build = build;
    this.#templates = manifest.dynamicStreams ?? [];
    const parents = parentNames(manifest.streams.map(({ component }) => component));
    const scope = scopeOf(build, {});
    this.declared = manifest.streams
      .filter(({ condition }) => condition === undefined || interpolateBoolean(condition, scope))
      .map((stream) => (parents.has(stream.name) ? { ...stream, component: cachedStream(stream.component) } : stream));
  }

  /** Names of the templates. */
  get templates(): string[] {
    return this.#templates.map(({ name }) => name);
  }

  /** All that a connection may take: those that Weir does not run are left out. */
  async readable(context: ExtractContext): Promise<ManifestStream[]> {
    return [...this.declared.filter((stream) => this.#reason(stream) === null), ...(await this.made(context))];
  }

  /** Names that are known without asking, and the templates whose streams an API would have to tell. */
  async names(context: ExtractContext): Promise<{ names: string[]; unknown: string[] }> {
    const declared = this.declared.map(({ name }) => name);
    try {
      return { names: [...declared, ...(await this.made(context)).map(({ name }) => name)], unknown: [] };
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== NOT_SENT) throw error;
      return { names: declared, unknown: this.templates };
    }
  }

  /** Declared streams are found without asking for the others. */
  async find(context: ExtractContext, name: string): Promise<ManifestStream | null> {
    const declared = this.declared.find((stream) => stream.name === name);
    return declared ?? (await this.made(context)).find((stream) => stream.name === name) ?? null;
  }

  /** Those of the templates; they are made once. */
  made(context: ExtractContext): Promise<MadeStream[]> {
    this.#made ??= this.#make(context).catch((error: unknown) => {
      this.#made = null;
      throw error;
    });
    return this.#made;
  }

  reader(stream: ManifestStream): StreamReader {
    const { name, component } = stream;
    const refused = this.#reason(stream);
    if (refused === null) return this.#build.create<StreamReader>(component);
    throw new WeirError({
      kind: 'config',
      code: 'unsupported_component',
      message: `${name} can't be read: ${refused}`,
      hint: 'The other streams of this connector work.',
      where: { stream: name },
    });
  }

  /** Why it can't be read; null where it can, since modules stand for all the Python classes that it needs. */
  #reason({ refused, classes }: Pick<ManifestStream, 'refused' | 'classes'>): string | null {
    return refused === undefined || classes?.every((name) => this.#build.isRegistered(name)) ? null : refused;
  }

  async #make(context: ExtractContext): Promise<MadeStream[]> {
    const made: MadeStream[] = [];
    for (const dynamic of this.#templates) {
      const { name: template, component } = dynamic;
      const refused = this.#reason(dynamic);
      if (refused !== null) {
        context.log.warn({ template }, `The streams of ${template} can't be made: ${refused}`);
        continue;
      }
      const streams = await this.#build.create<DynamicStreams>(component).streams(context);
      for (const stream of streams) {
        const name = String(stream.name);
        if (made.some((other) => other.name === name)) throw duplicate(name, template, component.components_resolver);
        made.push({ name, line: 0, component: stream, template });
      }
    }
    const parents = parentNames(made.map(({ component }) => component));
    return made.map((stream) =>
      parents.has(stream.name) ? { ...stream, component: cachedStream(stream.component) } : stream,
    );
  }
}

function duplicate(name: string, template: string, resolver: unknown): WeirError {
  const ofConfig = isJsonObject(resolver) && resolver.type === 'ConfigComponentsResolver';
  return new WeirError({
    kind: 'config',
    code: 'duplicate_stream',
    message: `${template} makes two streams named ${name}.`,
    hint: ofConfig ? 'Give each entry of the config a name of its own.' : 'Map a name that is different for each.',
  });
}
