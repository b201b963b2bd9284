import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { runTest } from '#lib/extract/manifest-tests/run-test.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { readWeirBlock } from '#lib/manifest/weir-block.ts';
import { parseSuite } from '#quality/parse-suite.ts';

/** What Airbyte's language lacks. */
const ADDITIONS = ['JsonataExtractor', 'JsonataFilter', 'JsonataTransformation', 'FileStream'];
/** Manifests that need them; every other one is a manifest of Airbyte's. */
const WITH_ADDITIONS = ['demo-files.yaml', 'file.yaml', 'open-meteo.yaml'];
/** The demo is tested against its own API, and files against real ones (demo.test.ts, lib/extract/files). */
const WITHOUT_TESTS = ['demo-api.yaml', 'demo-files.yaml', 'file.yaml'];

const files = globSync('*.yaml', { cwd: import.meta.dirname }).toSorted();

describe.each(files)('%s', (file) => {
  const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
  const { issues, manifest } = parseManifest(text, language);
  const block = readWeirBlock(text);

  test('is valid, without a warning', () => {
    expect(issues).toEqual([]);
  });

  test('uses components of Airbyte’s language only, unless it is one of those that need more', () => {
    const more = typesIn(parse(text) as JsonValue).filter((type) => ADDITIONS.includes(type));
    expect(more.length > 0).toBe(WITH_ADDITIONS.includes(file));
  });

  test('says what could not be tried, and carries tests for it', () => {
    if (WITHOUT_TESTS.includes(file)) return expect(block.tests).toEqual([]);
    expect(text).toMatch(/^# [\s\S]*?Not tried against the live service: /);
    return expect(block.tests.length).toBeGreaterThanOrEqual(2);
  });

  test.each(Object.entries(block.checks))('the checks of %s are a suite', (stream, checks) => {
    expect(parseSuite(stringify({ dataset: stream, ...(checks as object) })).issues).toEqual([]);
  });

  test.each([...block.tests])('$stream: $name', async (each) => {
    expect(await runTest(createManifestSource(manifest as Manifest), each)).toEqual([]);
  });
});

function typesIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(typesIn);
  if (!isJsonObject(value)) return [];
  const own = typeof value.type === 'string' ? [value.type] : [];
  return [...own, ...Object.values(value).flatMap(typesIn)];
}
