import type { Page } from 'playwright-core';
import { build, isBuilt } from '#lib/bin/build.ts';
import { openBrowser } from '#tests/harness/browser.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir } from '#tests/harness/weir-server.ts';
import { largeManifest } from '../large-manifest.ts';
import { type Bench, type BenchRow, type Figure, median } from '../row.ts';

const SIZES = [
  { bytes: 162_000, mostMs: 150 },
  { bytes: 1_250_000, mostMs: 500 },
];
const MOST_OPEN_MS = 1_500;
const MOST_RECORDS_MS = 300;

/** How long people wait at the connector builder: in Chromium, over the production build. */
export const builder: BenchRow = {
  name: 'builder',
  async run(bench) {
    if (!(await isBuilt(process.cwd()))) await build(process.cwd(), bench.say);
    const weir = await startWeir({ env: { DATABASE_URL: await bench.database() } });
    const api = await answeringApi();
    const browser = await openBrowser();
    try {
      const person = await signedIn(weir);
      const page = await browser.context.newPage();
      await signIn(page, weir.url);
      return [
        await opening(bench, page, `${weir.url}/connectors/${await connectorOf(person, largeManifest(34_000))}`),
        ...(await markers(bench, page, person, weir.url)),
        await firstRecords(bench, page, person, { url: weir.url, api }),
      ];
    } finally {
      await browser.close();
      await weir.stop();
      await api.server.close();
    }
  },
};

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill('test@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`${url}/`);
}

let connectors = 0;

async function connectorOf(person: SignedIn, manifest: string): Promise<string> {
  const { id } = await person.post<{ id: string }>('/connectors', { name: `bench ${++connectors}`, manifest });
  await person.post(`/connectors/${id}/versions`, { manifest, basedOn: null });
  return id;
}

async function opening({ runs }: Bench, page: Page, url: string): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    await page.goto('about:blank');
    const startedAt = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.locator('.yaml-editor[data-ready=true] .view-line').first().waitFor();
    // The first one fills the browser's cache.
    if (run > 0) times.push(performance.now() - startedAt);
  }
  return figure('builder opens', 'from the address to an editor that takes keys, warm', times, MOST_OPEN_MS);
}

async function markers({ runs }: Bench, page: Page, person: SignedIn, url: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { bytes, mostMs } of SIZES) {
    const manifest = largeManifest(bytes);
    const streams = manifest.match(/ {2}- type: DeclarativeStream/g)?.length ?? 0;
    await page.goto(`${url}/connectors/${await connectorOf(person, manifest)}`);
    await page.getByRole('button', { name: `stream_${Math.floor(streams / 2)}`, exact: true }).click();
    await page.getByText('None', { exact: true }).waitFor();
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) {
      await page.keyboard.press('End');
      // The page watches before the key comes, however quick that is.
      const watch = await page.evaluateHandle(watchForMark);
      await page.keyboard.type('x');
      times.push(await watch.evaluate(({ marked }) => marked));
      await page.keyboard.press('Backspace');
      await page.getByText('None', { exact: true }).waitFor();
    }
    const name = `builder marks at ${Math.round(bytes / 1000)} kB`;
    figures.push(figure(name, 'from a key in a stream to its squiggle', times.slice(1), mostMs));
  }
  return figures;
}

/** Runs in the page: milliseconds from the next key to the first squiggle. In an object, since a promise would be waited for. */
function watchForMark(): { marked: Promise<number> } {
  const marked = new Promise<number>((resolve) => {
    let pressedAt = 0;
    document.addEventListener('keydown', () => (pressedAt ||= performance.now()), { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.squiggly-error')) return;
      observer.disconnect();
      resolve(performance.now() - pressedAt);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  return { marked };
}

interface AnsweringApi {
  readonly server: ScriptedServer;
  /** When it answered last, by the clock. */
  answeredAt(): number;
}

async function answeringApi(): Promise<AnsweringApi> {
  let at = 0;
  const records = Array.from({ length: 100 }, (_, id) => ({ id, name: `name ${id}`, amount: id / 7 }));
  const server = await scriptedServer(() => {
    at = Date.now();
    return { body: { data: records } };
  });
  return { server, answeredAt: () => at };
}

async function firstRecords(
  { runs }: Bench,
  page: Page,
  person: SignedIn,
  { url, api }: { url: string; api: AnsweringApi },
): Promise<Figure> {
  const { server } = api;
  await person.post('/allowed-hosts', { host: server.host, port: server.port, reason: 'bench' });
  await page.goto(`${url}/connectors/${await connectorOf(person, recordsManifest(server.url))}`);
  await page.getByText('None', { exact: true }).waitFor();
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const shown = page.evaluate(untilRecords);
    await page
      .getByRole('button', { name: /^Test records/ })
      .first()
      .click();
    times.push((await shown) - api.answeredAt());
    await page.getByText(/100 records in/).waitFor();
  }
  return figure(
    'builder shows records',
    'from the API’s answer to records on the screen',
    times.slice(1),
    MOST_RECORDS_MS,
  );
}

/** Runs in the page: when the next test's first record is there, by the clock. */
function untilRecords(): Promise<number> {
  return new Promise((resolve) => {
    let gone = document.querySelector('.test td') === null;
    const observer = new MutationObserver(() => {
      const there = document.querySelector('.test td') !== null;
      if (!there) gone = true;
      if (!there || !gone) return;
      observer.disconnect();
      resolve(Date.now());
    });
    observer.observe(document.body, { subtree: true, childList: true });
  });
}

function recordsManifest(url: string): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [records] }
streams:
  - type: DeclarativeStream
    name: records
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: "${url}/records" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
`;
}

function figure(name: string, work: string, times: readonly number[], mostMs: number): Figure {
  const ours = median(times);
  return {
    ...{ name, work, ours, peer: null, unit: 'ms', ratio: null, bar: `at most ${mostMs} ms`, ok: ours <= mostMs },
    versions: {},
    note: `slowest ${Math.round(Math.max(...times))} ms`,
  };
}
