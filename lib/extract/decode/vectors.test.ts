import { expect, test } from 'vitest';
import type { Build, Kind } from '#lib/manifest/kind.ts';
import { responseToFileExtractor } from '../async/response-to-file-extractor.ts';
import type { Answer, Decoder, Extractor } from '../families.ts';
import { csvDecoder } from './csv.ts';
import vectors from './vectors.json' with { type: 'json' };
import { xmlDecoder } from './xml.ts';

/** Bodies that were made at random, and what airbyte-cdk 7.39 reads in them. */
const KINDS = new Map<string, Kind<Decoder | Extractor>>(
  [csvDecoder, xmlDecoder, responseToFileExtractor].map((kind) => [kind.name, kind]),
);
const build = { config: {}, now: () => new Date() } as unknown as Build;

test.each([...KINDS.keys()])('%s reads what the CDK reads', async (name) => {
  const own = vectors.filter(({ type }) => type === name);
  expect(own.length).toBeGreaterThan(15);
  const made = KINDS.get(name)?.create({}, build);
  const decoder = made && 'decode' in made ? made : made?.decoder;
  const read = own.map(({ body }) => {
    const answer: Answer = { status: 200, headers: {}, body, raw: Buffer.from(body), bytes: body.length };
    return decoder?.decode(answer, { stream: 'orders', page: 1 });
  });
  expect(read).toEqual(own.map(({ expected }) => expected));
});
