/**
 * A browser's recording without what no connector is made from: pictures, scripts and pages, which are most of it. Text that is no
 * recording stays as it is, for the service to say what is wrong.
 */
export function trimHar(text: string): string {
  let har: { log?: { entries?: unknown } };
  try {
    har = JSON.parse(text);
  } catch {
    return text;
  }
  if (!Array.isArray(har?.log?.entries)) return text;
  const entries = har.log.entries.filter(isJson).map(({ request, response }) => ({
    request: pick(request, ['method', 'url', 'headers', 'postData']),
    response: pick(response, ['status', 'headers', 'content']),
  }));
  return JSON.stringify({ log: { entries } });
}

interface Entry {
  readonly request: Record<string, unknown>;
  readonly response: Record<string, unknown>;
}

function isJson(entry: { response?: { content?: { mimeType?: string } } }): entry is Entry & typeof entry {
  return /json/i.test(entry?.response?.content?.mimeType ?? '');
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}
