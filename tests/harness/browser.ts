import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** For one step of a page; Playwright's own half a minute is short on a machine that does other things too. */
const STEP_MS = 60_000;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface TestBrowser {
  readonly context: BrowserContext;
  /** Addresses outside this machine that pages asked for; must stay empty. */
  readonly foreign: string[];
  /** What pages logged as errors, uncaught exceptions included. */
  readonly errors: string[];
  close(): Promise<void>;
}

/** Real Chromium, headless, with an empty profile of its own. */
export async function openBrowser(viewport = { width: 1440, height: 900 }): Promise<TestBrowser> {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'weir-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.WEIR_TEST_BROWSER ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    viewport,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(STEP_MS);
  const foreign: string[] = [];
  const errors: string[] = [];
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && !['localhost', '127.0.0.1'].includes(hostname)) foreign.push(request.url());
  });
  context.on('weberror', (error) => errors.push(error.error().message));
  context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  return {
    context,
    foreign,
    errors,
    async close() {
      await context.close();
      // Its last process may still write there for a moment.
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
