import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { makeChildFolder, removeLostFolders } from './child-folders.ts';

const HOST = os.hostname().replace(/[^\w.]/g, '_');
const NOBODY = 65_534;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-folders-')));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
});

/** `processes` is what a worker's own folders carry; another's comes from a container of the same name. */
const left = (pid: number | undefined, processes = ownProcesses()) => {
  const lost = path.join(folder, `weir-child-${HOST}-${pid}-${processes}-abc`);
  mkdirSync(lost);
  writeFileSync(path.join(lost, 'copy'), 'x');
  return lost;
};

function ownProcesses(): string {
  const { path: own } = makeChildFolder();
  rmSync(own, { recursive: true });
  return path.basename(own).split('-').at(-2) ?? '';
}

test('what a worker left that was killed is removed at once, and what others use is not', async () => {
  left(process.pid);
  left(spawnSync(process.execPath, ['-e', '']).pid);
  const others = left(process.ppid);
  const { path: own, remove } = makeChildFolder();
  removeLostFolders();
  expect(readdirSync(folder).toSorted()).toEqual([path.basename(others), path.basename(own)].toSorted());
  await remove();
});

test('workers of containers with one name leave each other’s folders alone, until nobody uses one any more', () => {
  const [used, unused] = [
    left(process.pid, 'p00000000'),
    left(spawnSync(process.execPath, ['-e', '']).pid, 'p00000001'),
  ];
  const older = left(process.pid, '1764000000000');
  const before = new Date(Date.now() - 600_000);
  for (const one of [unused, older]) utimesSync(one, before, before);
  removeLostFolders();
  expect(readdirSync(folder)).toEqual([path.basename(used)]);
});

test('what another user of the machine left keeps no worker from starting', () => {
  const lost = left(spawnSync(process.execPath, ['-e', '']).pid);
  chmodSync(lost, 0o555);
  chmodSync(folder, 0o555);
  const program = `import(${JSON.stringify(path.join(import.meta.dirname, 'child-folders.ts'))}).then((all) => all.removeLostFolders())`;
  const isRoot = process.getuid?.() === 0;
  const worker = spawnSync(process.execPath, ['-e', program], { ...(isRoot && { uid: NOBODY }), encoding: 'utf8' });
  chmodSync(folder, 0o755);
  chmodSync(lost, 0o755);
  expect(worker).toMatchObject({ stderr: '', status: 0 });
  expect(readdirSync(lost)).toEqual(['copy']);
});
