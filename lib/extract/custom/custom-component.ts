import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { interpolateString, interpolateText, plain } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

/** What an operator's module exports by default, alone or in a list: a stand-in for one Python class. */
export interface CustomComponent {
  /** As manifests write it: `source_declarative_manifest.components.MyExtractor`. */
  readonly className: string;
  /** Only for manifests whose spec has this `documentation_url`: classes of different connectors share their names. */
  readonly documentationUrl?: string;
  /** Gives the behaviour of its family: of an extractor, an authenticator and so on. Called once for each component. */
  create(component: JsonObject, tools: ComponentTools): unknown;
}

/** What such a module is given; it needs to import nothing of Weir but types. */
export interface ComponentTools {
  /** As it stands now; a source may change it. */
  readonly config: JsonObject;
  /** A component of the manifest's language, such as `{ type: 'DpathExtractor', field_path: ['data'] }`; below it types are filled in. */
  create<Behaviour>(component: JsonObject): Behaviour;
  /** A template as text. */
  text(template: unknown, variables?: Readonly<Record<string, unknown>>): string;
  /** A template as a value of JSON. */
  value(template: unknown, variables?: Readonly<Record<string, unknown>>): unknown;
  /** One value for all components that ask by this key, such as a token. */
  shared<Value>(key: string, make: () => Value): Value;
  /** Masks a secret that an API gave. */
  noteSecret(text: string): void;
  /** An error for the user: what happened, and what to do. */
  error(kind: 'config' | 'transient' | 'terminal', message: string, hint?: string): WeirError;
}

/** The component of a manifest, made by the module that stands for its class. What goes wrong in the module names the class. */
export function createCustom(
  { className, create }: CustomComponent,
  component: JsonObject,
  build: Build,
  fillIn: (component: JsonObject) => JsonObject,
): unknown {
  const scope = (variables: Readonly<Record<string, unknown>> = {}) => scopeOf(build, component, variables);
  const tools: ComponentTools = {
    get config() {
      return build.config;
    },
    create: (inner) => build.create(fillIn(inner)),
    text: (template, variables) => interpolateText(String(template ?? ''), scope(variables)),
    value: (template, variables) =>
      typeof template === 'string' ? plain(interpolateString(template, scope(variables))) : template,
    shared: (key, make) => build.shared(`custom ${className} ${key}`, make),
    noteSecret: (text) => build.noteSecret(text),
    error: (kind, message, hint) =>
      new WeirError({ kind, code: 'custom_component', message, ...(hint !== undefined && { hint }) }),
  };
  return guarded(
    className,
    named(className, () => create(component, tools)),
  );
}

/** The behaviour, its errors told as those of the class. */
function guarded(className: string, behaviour: unknown): unknown {
  if (typeof behaviour !== 'object' || behaviour === null) return behaviour;
  return new Proxy(behaviour, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => named(className, () => value.apply(target, given) as unknown);
    },
  });
}

function named(className: string, work: () => unknown): unknown {
  try {
    const result = work();
    return result instanceof Promise ? result.catch((error: unknown) => failed(className, error)) : result;
  } catch (error) {
    return failed(className, error);
  }
}

function failed(className: string, error: unknown): never {
  if (error instanceof WeirError) throw error;
  throw new WeirError({
    kind: 'config',
    code: 'custom_component',
    message: `The module for ${className} failed: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Whoever runs this service can mend it in its folder of components.',
    cause: error,
  });
}
