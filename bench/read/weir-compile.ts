/** `weir-compile MANIFEST`: parses, validates and compiles it once, in a process that has done so with small ones. Prints the milliseconds. */
import { readFileSync } from 'node:fs';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { ordersManifest } from './orders.ts';

const SMALL_ONES = 20;

const [, , file = ''] = process.argv;
const text = readFileSync(file, 'utf8');
for (let run = 0; run < SMALL_ONES; run++) parseManifest(ordersManifest('https://api.example.com'), language);
const started = performance.now();
const { manifest, issues } = parseManifest(text, language);
if (!manifest) throw new Error(JSON.stringify(issues.slice(0, 5)));
createManifestSource(manifest);
process.stdout.write(`${JSON.stringify({ ms: performance.now() - started })}\n`);
