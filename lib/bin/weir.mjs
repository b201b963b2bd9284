#!/usr/bin/env node
// The command line. Plain JavaScript, so that an old Node can hand over to the one that came with npm ci.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import path from 'node:path';

const project = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
/** Parts of the service: run from their sources, where they find the pages, the children and the migrations. */
const SERVICE = ['serve', 'worker', 'migrate', 'backup', 'restore', 'secrets'];
/** An old Node has none. */
const { enableCompileCache } = modules;
const node = path.join(project, 'node_modules/.bin/node');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  if (SERVICE.includes(process.argv[2])) {
    const { runServiceCommand } = await import(path.join(project, 'lib/bin/service-command.ts'));
    await runServiceCommand(process.argv.slice(2));
  } else {
    // What was compiled once starts faster.
    enableCompileCache?.();
    const built = path.join(project, 'dist/cli.mjs');
    await import(existsSync(built) ? built : path.join(project, 'lib/bin/cli/cli.ts'));
  }
} else if (existsSync(node)) {
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
} else {
  console.error(
    `weir needs Node 24 and this is ${process.version}: run npm ci without --omit=optional, or install Node 24.`,
  );
  process.exit(1);
}
