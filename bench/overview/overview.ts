import type { Page } from 'playwright-core';
import { build, isBuilt } from '#lib/bin/build.ts';
import { openBrowser } from '#tests/harness/browser.ts';
import { signedIn } from '#tests/harness/signed-in.ts';
import { startWeir } from '#tests/harness/weir-server.ts';
import { type BenchRow, type Figure, median } from '../row.ts';
import { seed } from './seed.ts';

const CONNECTIONS = 1_000;
const MOST_MS = 1_000;

/** How long a thousand connections with a hundred thousand past syncs take to be seen: Chromium, over the production build. */
export const overview: BenchRow = {
  name: 'overview',
  async run(bench) {
    if (!(await isBuilt(process.cwd()))) await build(process.cwd(), bench.say);
    const weir = await startWeir({ env: { DATABASE_URL: await bench.database() } });
    const browser = await openBrowser();
    try {
      await signedIn(weir);
      const { syncs } = await seed(weir.databaseUrl, CONNECTIONS);
      const page = await browser.context.newPage();
      await page.goto(`${weir.url}/sign-in`);
      await page.getByLabel('Email').fill('test@example.com');
      await page.getByLabel('Password').fill('correct horse battery');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL(`${weir.url}/`);
      const loads: Load[] = [];
      for (let run = 0; run < bench.runs; run++) loads.push(await load(page, weir.url));
      const work = `${CONNECTIONS} connections, ${syncs} past syncs`;
      return [
        figure('overview/server', work, median(loads.map(({ serverMs }) => serverMs))),
        figure('overview/first-paint', work, median(loads.map(({ paintMs }) => paintMs))),
        figure('overview/poll', work, median(loads.map(({ pollMs }) => pollMs))),
      ];
    } finally {
      await browser.close();
      await weir.stop();
    }
  },
};

interface Load {
  /** To the first byte of the page. */
  readonly serverMs: number;
  /** To what people see first, the table's rows among it. */
  readonly paintMs: number;
  /** What keeps the page up to date, every few seconds. */
  readonly pollMs: number;
}

async function load(page: Page, url: string): Promise<Load> {
  await page.goto('about:blank');
  await page.goto(url);
  await page.getByRole('link', { name: 'pipeline_' }).first().waitFor();
  return page.evaluate(async () => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const began = performance.now();
    await (await fetch('/api/weir/v1/overview')).json();
    return {
      serverMs: navigation?.responseStart ?? Number.NaN,
      paintMs: paint?.startTime ?? Number.NaN,
      pollMs: performance.now() - began,
    };
  });
}

function figure(name: string, work: string, ms: number): Figure {
  return {
    ...{ name, work, ours: ms, peer: null, unit: 'ms', ratio: null, bar: `≤ ${MOST_MS} ms`, ok: ms <= MOST_MS },
    versions: { node: process.versions.node },
  };
}
