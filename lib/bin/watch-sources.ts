import { watch } from 'node:fs';
import path from 'node:path';

const FOLDERS = ['lib', 'quality', 'manifests'];
const SETTLE_MS = 300;

/** For development: calls back once after a burst of changes in what the web server and the worker run. */
export function watchSources(project: string, onChange: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  for (const folder of FOLDERS) {
    watch(path.join(project, folder), { recursive: true }, (_event, file) => {
      if (file === null || file.includes('.test.')) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
  }
}
