import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';
import { notFound } from './refusals.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../manifests');
/** They read what every installation serves itself, or are made by the form for files. */
const NOT_OFFERED = ['demo-api', 'demo-files', 'file'];

/** A connector that comes with Weir: a manifest with its tests. */
export interface OwnConnector {
  /** The name of its file, without `.yaml`. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Those that are known without a config. */
  readonly streams: readonly string[];
  readonly documentationUrl: string | null;
  readonly tests: number;
}

let known: readonly (OwnConnector & { readonly manifest: string })[] | undefined;

/** The connectors that come with Weir, by title; read once. */
export function listOwnConnectors(): readonly OwnConnector[] {
  return all().map(({ manifest: _manifest, ...connector }) => connector);
}

/** One of them with its manifest. @throws WeirError `not_found` */
export function getOwnConnector(id: string): OwnConnector & { readonly manifest: string } {
  const found = all().find((connector) => connector.id === id);
  if (!found) throw notFound('connector');
  return found;
}

function all() {
  known ??= globSync('*.yaml', { cwd: FOLDER })
    .map((file) => file.replace(/\.yaml$/, ''))
    .filter((id) => !NOT_OFFERED.includes(id))
    .map((id) => describe(id, readFileSync(path.join(FOLDER, `${id}.yaml`), 'utf8')))
    .toSorted((a, b) => a.title.localeCompare(b.title));
  return known;
}

/** Its comment begins with its name, and says what it reads. */
function describe(id: string, manifest: string) {
  const comment = manifest
    .slice(0, manifest.search(/^[^#]/m))
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^#\s?/, ''))
    .filter((line) => !line.startsWith('Not tried'));
  const [first = id] = comment;
  const [, title = id, text = first] = /^(.*?)(?: \(https?:[^)]*\))?: (.*)$/.exec(first) ?? [];
  const root = parse(manifest, MANIFEST_YAML) as JsonValue;
  const { streams, spec, metadata } = isJsonObject(root) ? root : ({} as JsonObject);
  const weir = isJsonObject(metadata) && isJsonObject(metadata.weir) ? metadata.weir : {};
  const url = isJsonObject(spec) ? spec.documentation_url : null;
  return {
    ...{ id, manifest, title, description: `${text.charAt(0).toUpperCase()}${text.slice(1)}` },
    streams: (Array.isArray(streams) ? streams : []).flatMap((stream) =>
      isJsonObject(stream) && typeof stream.name === 'string' ? [stream.name] : [],
    ),
    documentationUrl: typeof url === 'string' ? url : null,
    tests: Array.isArray(weir.tests) ? weir.tests.length : 0,
  };
}
