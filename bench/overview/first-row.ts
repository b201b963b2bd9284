import type { Page } from 'playwright-core';
import { build, isBuilt } from '#lib/bin/build.ts';
import { openBrowser } from '#tests/harness/browser.ts';
import { startWeir } from '#tests/harness/weir-server.ts';
import { type BenchRow, type Figure, median } from '../row.ts';

const MOST_MS = 60_000;

/**
 * How long a newcomer waits, from the button that makes the workspace with the demo to the first rows that readers of its tables get: Chromium,
 * over the production build, each time on an empty database.
 */
export const firstRow: BenchRow = {
  name: 'first-row',
  async run(bench) {
    if (!(await isBuilt(process.cwd()))) await build(process.cwd(), bench.say);
    const waits: Wait[] = [];
    for (let run = 0; run < bench.runs; run++) waits.push(await wait(await bench.database()));
    const work = 'set-up with the demo, first connection published';
    return [
      figure('first-row/overview', work, median(waits.map(({ pageMs }) => pageMs))),
      figure('first-row/rows', work, median(waits.map(({ rowsMs }) => rowsMs))),
    ];
  },
};

interface Wait {
  /** To the overview with the demo's connections. */
  readonly pageMs: number;
  /** To the first of them that has published. */
  readonly rowsMs: number;
}

async function wait(databaseUrl: string): Promise<Wait> {
  const weir = await startWeir({ env: { DATABASE_URL: databaseUrl } });
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await fillSetUp(page, weir.url);
    const began = performance.now();
    await page.getByRole('button', { name: /Create workspace and load the demo/ }).click();
    const connections = page.getByRole('table', { name: 'Connections' });
    await connections.waitFor();
    const pageMs = performance.now() - began;
    await connections
      .getByText(/\d+s ago/)
      .first()
      .waitFor({ timeout: MOST_MS });
    return { pageMs, rowsMs: performance.now() - began };
  } finally {
    await browser.close();
    await weir.stop();
  }
}

async function fillSetUp(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Name', { exact: true }).first().fill('Ada');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.locator('#workspaceName').fill('Acme data');
}

function figure(name: string, work: string, ms: number): Figure {
  return {
    ...{ name, work, ours: ms, peer: null, unit: 'ms', ratio: null, bar: `≤ ${MOST_MS} ms`, ok: ms <= MOST_MS },
    versions: { node: process.versions.node },
  };
}
