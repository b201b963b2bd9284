import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { bundled, report, reportAsChild } from '../process.ts';
import { type Bench, type BenchRow, type Figure, median } from '../row.ts';
import { ordersManifest, protocolFiles, startApi } from './orders.ts';
import { type Output, readProtocol } from './protocol.ts';

const RECORDS = 100_000;
const MANY = 5_000_000;
const TIMES_CDK = 10;
const SLICES = 8;
const TIMES_SLICES = 6;
const LATENCY_MS = 100;
const START_MS = 150;
const MOST_MB = 200;
const MOST_GROWTH = 0.15;
const ENGINE = { node: process.versions.node };

/** Both through the Airbyte protocol: the same API, manifest and catalog, the records as JSON lines. */
const rate: BenchRow = {
  name: 'read-rate',
  async run(bench) {
    const { versions } = bench.python(['airbyte-cdk']);
    const { python } = bench.python(['airbyte-cdk']);
    const api = await startApi(RECORDS);
    try {
      const cli = await bundled(path.join(import.meta.dirname, '../../lib/bin/cli/cli.ts'), bench.folder);
      const files = protocolFiles(bench.folder, ordersManifest(api.url));
      const cdk = path.join(path.dirname(python), 'source-declarative-manifest');
      const output = path.join(bench.folder, 'output.jsonl');
      const all: Record<'weir' | 'cdk', Output[]> = { weir: [], cdk: [] };
      for (let run = 1; run <= bench.runs; run++) {
        all.weir.push(await readProtocol(process.execPath, [cli, 'read', ...files], output));
        all.cdk.push(await readProtocol(cdk, ['read', ...files], output));
        bench.say(`  run ${run}: weir ${inWords(all.weir.at(-1))}; cdk ${inWords(all.cdk.at(-1))}`);
      }
      return rateFigures(all, versions);
    } finally {
      api.stop();
    }
  },
};

function inWords(output: Output | undefined): string {
  return `${output?.records} records in ${output?.seconds.toFixed(2)} s, the first after ${output?.startSeconds.toFixed(2)} s`;
}

function rateFigures({ weir, cdk }: Record<'weir' | 'cdk', Output[]>, versions: Record<string, string>): Figure[] {
  const perSecond = (outputs: Output[]) => median(outputs.map(({ records, seconds }) => records / seconds));
  const whole = (outputs: Output[]) => median(outputs.map((one) => one.records / (one.seconds + one.startSeconds)));
  const figure = (name: string, ours: number, peer: number, work: string): Figure => ({
    ...{ name, work, ours, peer, unit: 'records/s', ratio: ours / peer, versions },
    bar: `≥ ${TIMES_CDK} × airbyte-cdk`,
    ok: ours / peer >= TIMES_CDK,
  });
  return [
    figure('read-rate', perSecond(weir), perSecond(cdk), `one stream of ${RECORDS} records, from the first to the end`),
    figure('read-rate/whole', whole(weir), whole(cdk), 'the same with the start of the process'),
  ];
}

/** The same slices one at a time and all at once, against an API that takes its time. */
const slices: BenchRow = {
  name: 'read-slices',
  async run(bench) {
    const api = await startApi(10_000, LATENCY_MS);
    try {
      const read = await bundled(path.join(import.meta.dirname, 'weir-read.ts'), bench.folder);
      const seconds = async (atOnce: number) => {
        const file = path.join(bench.folder, `slices-${atOnce}.yaml`);
        writeFileSync(file, ordersManifest(api.url, { slices: SLICES, atOnce }));
        const all: number[] = [];
        for (let run = 0; run < bench.runs; run++) all.push((await report(process.execPath, [read, file])).seconds);
        return median(all);
      };
      const [ours, peer] = [await seconds(SLICES), await seconds(1)];
      return [
        {
          ...{ name: 'read-slices', ours, peer, unit: 's', ratio: peer / ours, versions: ENGINE },
          work: `${SLICES} slices of 11 pages, ${LATENCY_MS} ms an answer; all at once against one at a time`,
          bar: `≥ ${TIMES_SLICES} ×`,
          ok: peer / ours >= TIMES_SLICES,
        },
      ];
    } finally {
      api.stop();
    }
  },
};

/** From the task to the first record, in a process that waits for it. */
const start: BenchRow = {
  name: 'read-start',
  async run(bench) {
    const api = await startApi(1_000);
    try {
      const child = await bundled(path.join(import.meta.dirname, 'warm-child.ts'), bench.folder);
      const { manifest } = parseManifest(ordersManifest(api.url), language);
      const all: number[] = [];
      for (let run = 0; run < Math.max(5, bench.runs); run++)
        all.push(await firstRecordMs(child, JSON.stringify(manifest)));
      const ours = median(all);
      return [
        {
          ...{ name: 'read-start', ours, peer: null, unit: 'ms', ratio: null, versions: ENGINE },
          work: 'from the compiled manifest to the first record, in a warm child',
          bar: `≤ ${START_MS} ms`,
          ok: ours <= START_MS,
        },
      ];
    } finally {
      api.stop();
    }
  },
};

async function firstRecordMs(file: string, manifest: string): Promise<number> {
  const child: ChildProcess = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'message');
  const started = performance.now();
  child.send(manifest);
  await once(child, 'message');
  const ms = performance.now() - started;
  await once(child, 'exit');
  return ms;
}

/** Fifty times the records in the same memory. */
const memory: BenchRow = {
  name: 'read-memory',
  async run(bench) {
    const read = await bundled(path.join(import.meta.dirname, 'weir-read.ts'), bench.folder);
    const [small, large] = [await peakMb(bench, read, RECORDS), await peakMb(bench, read, MANY)];
    const growth = large / small - 1;
    return [
      {
        ...{ name: 'read-memory', ours: large, peer: small, unit: 'MB', ratio: large / small, versions: ENGINE },
        work: `largest resident set over ${MANY} records, against ${RECORDS}`,
        bar: `≤ +${MOST_GROWTH * 100} %, ≤ ${MOST_MB} MB`,
        ok: growth <= MOST_GROWTH && large <= MOST_MB,
      },
    ];
  },
};

async function peakMb(bench: Bench, read: string, records: number): Promise<number> {
  const api = await startApi(records);
  try {
    const file = path.join(bench.folder, `memory-${records}.yaml`);
    writeFileSync(file, ordersManifest(api.url));
    const result = await reportAsChild<{ records: number; seconds: number; peakMb: number }>(read, [file]);
    bench.say(`  ${result.records} records in ${result.seconds.toFixed(1)} s: ${result.peakMb.toFixed(0)} MB`);
    return result.peakMb;
  } finally {
    api.stop();
  }
}

/** Large manifests, in a fresh process. */
const manifests: BenchRow = {
  name: 'read-manifest',
  async run(bench) {
    const compile = await bundled(path.join(import.meta.dirname, 'weir-compile.ts'), bench.folder);
    const figures: Figure[] = [];
    for (const { bytes, mostMs } of SIZES) {
      const file = path.join(bench.folder, `${bytes}.yaml`);
      writeFileSync(file, largeManifest(bytes));
      const all: number[] = [];
      for (let run = 0; run < Math.max(3, bench.runs); run++)
        all.push((await report<{ ms: number }>(process.execPath, [compile, file])).ms);
      const ours = median(all);
      figures.push({
        ...{ name: `read-manifest/${Math.round(bytes / 1000)}kB`, ours, peer: null, unit: 'ms', ratio: null },
        ...{ versions: ENGINE, bar: `≤ ${mostMs} ms`, ok: ours <= mostMs },
        work: `a manifest of ${bytes} bytes parsed, validated and compiled`,
      });
    }
    return figures;
  },
};

const SIZES = [
  { bytes: 162_000, mostMs: 150 },
  { bytes: 1_250_000, mostMs: 1_500 },
];

/** Streams with wide schemas until the size is reached, as the largest public manifests are. */
function largeManifest(bytes: number): string {
  const parts = [
    'version: 6.0.0\ntype: DeclarativeSource\ncheck: { type: CheckStream, stream_names: [stream1] }\nstreams:\n',
  ];
  for (let size = 0, index = 1; size < bytes; index++) {
    const part = largeStream(index);
    size += part.length;
    parts.push(part);
  }
  return parts.join('');
}

function largeStream(index: number): string {
  const field = (name: string) =>
    `          ${name}:\n            type:\n              - "null"\n              - string\n            description: The ${name} of the record.\n`;
  const fields = Array.from({ length: 40 }, (_, number) => field(`field_${number}`)).join('');
  return `  - type: DeclarativeStream
    name: stream${index}
    primary_key: [field_0]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: https://api.example.com/v1/
        path: "stream${index}/{{ config['account'] }}"
        request_parameters: { since: "{{ config['start_date'] or '2024-01-01' }}" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties:
${fields}`;
}

export const readRows: readonly BenchRow[] = [rate, slices, start, memory, manifests];
