import { build, isBuilt } from '#lib/bin/build.ts';

/** The whole-system suites run against the production build, made once. */
export default async function setup(): Promise<void> {
  const project = process.cwd();
  if (!(await isBuilt(project))) await build(project, (line) => process.stdout.write(`${line}\n`));
}
