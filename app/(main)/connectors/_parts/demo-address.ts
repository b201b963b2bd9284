const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Whether somebody has entered the address of the demo's API, by whichever name of this machine. */
export function isDemoAddress(text: string, demoUrl: string): boolean {
  const target = parsed(text);
  if (target === null) return false;
  const demo = new URL(demoUrl);
  const isHere = target.hostname === demo.hostname || LOCAL.includes(target.hostname);
  return isHere && target.port === demo.port && /^\/demo\/api(\/|$)/.test(target.pathname);
}

/** The same address by the name under which the demo's API is allowed to be called. */
export function atDemoHost(text: string, demoUrl: string): string {
  const target = parsed(text);
  return target ? `${new URL(demoUrl).origin}${target.pathname}${target.search}` : text;
}

function parsed(text: string): URL | null {
  const typed = text.trim();
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`;
  return URL.canParse(whole) ? new URL(whole) : null;
}
