const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Whether somebody has entered the address of the demo's API, by whichever name of this machine. */
export function isDemoAddress(text: string, demoUrl: string): boolean {
  const typed = text.trim();
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`;
  if (!URL.canParse(whole)) return false;
  const [target, demo] = [new URL(whole), new URL(demoUrl)];
  const isHere = target.hostname === demo.hostname || LOCAL.includes(target.hostname);
  return isHere && target.port === demo.port && /^\/demo\/api(\/|$)/.test(target.pathname);
}
