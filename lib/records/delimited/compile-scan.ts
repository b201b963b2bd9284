import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { main } from 'assemblyscript/asc';

const SOURCE = path.join(import.meta.dirname, 'assembly', 'scan-rows.ts');
const TARGET = path.join(import.meta.dirname, 'compiled-scan.ts');
const OPTIONS = ['-O3', '--converge', '--noAssert', '--enable', 'simd', '--runtime', 'stub', '--initialMemory', '1'];

/** What `compiled-scan.ts` has to say. */
export async function compiledScan(): Promise<string> {
  let wasm: Uint8Array = new Uint8Array();
  const writing = {
    writeFile(_: string, contents: string | Uint8Array) {
      if (typeof contents !== 'string') wasm = contents;
    },
  };
  const { error, stderr } = await main([SOURCE, '--outFile', 'scan.wasm', ...OPTIONS], writing);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  const about = '/** `assembly/` as WebAssembly; `npm run compile-scan` writes it. */';
  return `${about}\nexport const SCAN =\n  '${Buffer.from(wasm).toString('base64')}';\n`;
}

if (import.meta.main) await writeFile(TARGET, await compiledScan());
