import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
}

const text = (file: string) => readFileSync(file, 'utf8');
const compose: { services: Record<string, Service> } = parse(text('compose.yaml'), { merge: true });
const templates = globSync('deploy/helm/templates/*.yaml').map(text).join('\n');
const count = (pattern: RegExp) => templates.match(pattern)?.length ?? 0;

test('compose can wait for all that keeps running: only what ends by itself goes without a check', () => {
  const unchecked = Object.entries(compose.services).filter(([, { healthcheck }]) => healthcheck?.disable);
  expect(unchecked.map(([name]) => name)).toEqual(['migrate']);
  const { environment, healthcheck } = compose.services.worker ?? {};
  expect(healthcheck?.test?.join(' ')).toContain(environment?.WEIR_ALIVE_FILE);
});

test('what compose sends workers to is a service of its own', () => {
  const { environment } = compose.services.web ?? {};
  const hosts = [environment?.WEIR_DEMO_URL, environment?.DATABASE_URL?.replace(/\$\{[^}]*\}/g, '')];
  expect(hosts.map((url) => new URL(url ?? '').hostname)).toEqual(['web', 'postgres']);
});

test('no pod of the chart is told of services as WEIR_…, which a release’s name could turn into a setting', () => {
  expect(count(/^ *spec:\n(?= *(restartPolicy|automountServiceAccountToken))/gm)).toBe(3);
  expect(count(/enableServiceLinks: false/g)).toBe(3);
});

test('every setting of the files for deployment is in the README', () => {
  const files = [
    'compose.yaml',
    '.env.example',
    ...globSync('deploy/{helm,systemd}/**/*', { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`),
  ];
  const named = new Set(files.flatMap((file) => text(file).match(/\bWEIR_[A-Z_]+\b/g) ?? []));
  const told = text('README.md');
  expect([...named].filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
});
