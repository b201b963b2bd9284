import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Each part and what it may import, after docs/design: rings from the inside out. */
const RING_0 = [
  'lib/errors',
  'lib/json',
  'lib/catalog',
  'lib/log',
  'lib/address-guard',
  'lib/outbound-proxy',
  'lib/guarded-connector',
  'lib/guard-global-fetch',
  'lib/kept',
  'lib/kill-points',
  'lib/delimited-file',
  'lib/duckdb-chunks',
  'lib/env-references',
  'lib/oldest-postgres',
  'lib/personal-mask',
  'lib/sql-text',
  'lib/yaml-syntax',
];
const RING_2 = ['lib/db', 'lib/secrets', 'lib/secret-key', 'lib/jobs', 'lib/env'];
const ENGINE = ['lib/manifest', 'lib/extract', 'lib/draft', 'lib/records', 'lib/destinations'];
const FEATURES = ['lib/connections', 'lib/sync', 'lib/alerts', 'lib/access', 'lib/pipelines', 'quality'];

const MAY_IMPORT: Record<string, string[]> = {
  ...Object.fromEntries(RING_0.map((part) => [part, RING_0])),
  'lib/manifest': RING_0,
  'lib/extract': ['lib/manifest', ...RING_0],
  'lib/records': RING_0,
  'lib/draft': ['lib/manifest', 'lib/extract', 'lib/records', ...RING_0],
  'lib/destinations': ['lib/records', ...RING_0],
  'lib/db': [...RING_2, ...RING_0, 'prisma-free-migrations'],
  'prisma-free-migrations': RING_0,
  'lib/secrets': RING_0,
  'lib/env': RING_0,
  'lib/secret-key': ['lib/env', 'lib/secrets', ...RING_0],
  'lib/jobs': [...RING_2, ...RING_0],
  'lib/connections': [...ENGINE, ...RING_2, ...RING_0],
  'lib/sync': ['lib/connections', ...ENGINE, ...RING_2, ...RING_0],
  'lib/alerts': [...ENGINE, ...RING_2, ...RING_0],
  'lib/pipelines': [...RING_2, ...RING_0],
  'lib/access': [...ENGINE, ...RING_2, ...RING_0],
  quality: ['lib/records', 'lib/destinations', ...RING_2, ...RING_0],
  'lib/context': [...RING_2, ...RING_0],
  'lib/demo': ['lib/context', ...FEATURES, ...ENGINE, ...RING_2, ...RING_0],
  'lib/api': ['lib/context', 'lib/demo', ...FEATURES, ...ENGINE, ...RING_2, ...RING_0],
  'lib/bin': ['lib/context', 'lib/demo', 'lib/api', ...FEATURES, ...ENGINE, ...RING_2, ...RING_0],
  app: ['lib/context', 'lib/demo', 'lib/api', ...FEATURES, ...ENGINE, ...RING_2, ...RING_0],
};

const ALIASES: [RegExp, string][] = [
  [/^#lib\//, 'lib/'],
  [/^#quality\//, 'quality/'],
  [/^#migrations\//, 'prisma-free-migrations/'],
  [/^#tests\//, 'tests/'],
];

const root = path.resolve(import.meta.dirname, '..');
const files = globSync('{lib,quality,app,prisma-free-migrations}/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !/\.(test|contract)\.tsx?$/.test(file) && !file.includes('fixtures/'),
);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test('arrows go one way: every import is one that its part may make', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => partOf(file) !== partOf(target) && !MAY_IMPORT[partOf(file)]?.includes(partOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no import cycles', () => {
  expect(findCycle(imports)).toEqual([]);
});

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.flatMap((specifier) => {
    const alias = ALIASES.find(([pattern]) => pattern.test(specifier));
    if (alias) return [specifier.replace(alias[0], alias[1])];
    // Data is no code: package.json and the like may be read from anywhere.
    return specifier.startsWith('.') && !specifier.endsWith('.json') ? [path.join(path.dirname(file), specifier)] : [];
  });
}

/** `lib/sync/run-sync.ts` → `lib/sync`, `lib/errors.ts` → `lib/errors`, `app/(main)/page.tsx` → `app`. */
function partOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'lib' ? `lib/${second.replace(/\.tsx?$/, '')}` : first;
}

function findCycle(graph: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
