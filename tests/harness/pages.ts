import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestBrowser } from './browser.ts';

const AXE = readFileSync(path.resolve('node_modules/axe-core/axe.min.js'), 'utf8');

/** A page of the person that `signedIn` made, signed in through the form, on the overview. */
export async function signInPage({ context }: TestBrowser, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill('test@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`${url}/`);
  return page;
}

/** A page of a new service, after the set-up of its first person and an empty workspace. */
export async function setUpPage({ context }: TestBrowser, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Name', { exact: true }).first().fill('Ada');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.locator('#workspaceName').fill('Acme data');
  await page.getByRole('radio', { name: /empty|without|no demo/i }).check();
  await page.getByRole('button', { name: /Create workspace/ }).click();
  await page.waitForURL(`${url}/`);
  return page;
}

/** Waits until the keys of every page are listened to, which no element waits for. */
export async function keysReady(target: Page): Promise<void> {
  await target.locator('nav.side .foot .live').waitFor();
}

/** Does something again and again until it shows what it is to show: on a busy machine, another step may overtake it or take that away. */
export async function untilShown(what: Locator, act: () => Promise<void>): Promise<void> {
  const isShown = async () => {
    await act();
    const shown = what.first().waitFor({ timeout: 3_000 });
    return shown.then(
      () => true,
      () => false,
    );
  };
  await expect.poll(isShown).toBe(true);
}

/** Puts the text into Monaco as a paste does: typing would be auto-indented. */
export async function typeManifest(target: Page, text: string): Promise<void> {
  await target.locator('.yaml-editor[data-ready=true]').waitFor();
  await target.evaluate((value) => navigator.clipboard.writeText(value), text);
  const lastLine = text.trimEnd().split('\n').at(-1)?.trim() ?? '';
  await untilShown(target.locator('.view-line', { hasText: lastLine }), async () => {
    await target.locator('.monaco-editor').first().click();
    await target.keyboard.press('ControlOrMeta+A');
    await target.keyboard.press('ControlOrMeta+V');
  });
}

/** Fills a secret's field, replacing the masked one. */
export async function setSecret(target: Page, label: string, value: string): Promise<void> {
  const replace = target.getByRole('button', { name: new RegExp(`Replace.*${label}`, 'i') });
  if (await replace.isVisible().catch(() => false)) await replace.click();
  await target.getByLabel(new RegExp(`^${label}( optional)?$`)).fill(value);
}

/** Serious and critical findings of axe; there must be none. */
export async function seriousFindings(target: Page, name: string): Promise<void> {
  // To axe, nothing in a disabled fieldset can have the focus.
  await target.locator('fieldset.when-ready:disabled').waitFor({ state: 'detached' });
  await target.evaluate(AXE);
  const findings = await target.evaluate(async () => {
    const axe = (
      window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      }
    ).axe;
    const { violations } = await axe.run();
    return violations
      .filter((violation) => ['serious', 'critical'].includes(violation.impact))
      .map((violation) => `${violation.id}: ${violation.nodes[0]?.html.slice(0, 160)}`);
  });
  expect(findings, `accessibility of ${name}`).toEqual([]);
}

/** Light and dark, wide and narrow, where somebody asks for pictures (`WEIR_TEST_PICTURES` names a folder). */
export async function pictures(target: Page, name: string): Promise<void> {
  const folder = process.env.WEIR_TEST_PICTURES;
  if (!folder) return;
  for (const theme of ['light', 'dark'])
    for (const width of [1440, 390]) {
      await target.setViewportSize({ width, height: 900 });
      await target.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
      await target.screenshot({ path: `${folder}/${name}-${width}-${theme}.png` });
    }
  await target.evaluate(() => delete document.documentElement.dataset.theme);
  await target.setViewportSize({ width: 1440, height: 900 });
}
