/** Such as `published:2`: the second time this process comes to the point named `published`. */
const AT = process.env.WEIR_KILL_AT ?? '';
const [POINT = '', NTH = '1'] = AT.split(':');
let passed = 0;

/**
 * A named point at which tests end the process as `kill -9` would: nothing after it runs, nothing is flushed.
 * Does nothing unless `WEIR_KILL_AT` names it, which only the fault suite does.
 */
export function killPoint(name: string): void {
  if (name !== POINT || POINT === '') return;
  passed += 1;
  if (passed === Number(NTH)) process.kill(process.pid, 'SIGKILL');
}
