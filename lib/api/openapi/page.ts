import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '#lib/json.ts';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; background: #fff }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d8dee4; vertical-align: top }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
td { overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 } td, th { border-color: #30363d } a { color: #79b8ff } }
`;

/** The documents as one plain page: no script, nothing from elsewhere. */
export function docsPage(documents: readonly { readonly href: string; readonly document: JsonObject }[]): Response {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const body = documents.map(({ href, document }) => section(href, document)).join('\n');
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Weir’s API</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body><main><h1>Weir’s API</h1><p><a href="/">Back to Weir</a></p>${body}</main></body></html>`;
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
    },
  });
}

function section(href: string, document: JsonObject): string {
  const info = objectOf(document.info);
  const rows = Object.entries(objectOf(document.paths)).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, operation]) => row(method, path, objectOf(operation))),
  );
  return `<h2>${text(info.title)}</h2><p>${text(info.description)} <a href="${text(href)}">${text(href)}</a></p>
<table><thead><tr><th>Route</th><th>What it does</th><th>Body</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function row(method: string, path: string, operation: JsonObject): string {
  const content = objectOf(objectOf(objectOf(operation.requestBody).content)['application/json']);
  const schema = objectOf(content.schema);
  const required = Array.isArray(schema.required) ? schema.required : [];
  const fields = Object.keys(objectOf(schema.properties)).map((name) => (required.includes(name) ? `${name}*` : name));
  return `<tr><td><code>${text(method.toUpperCase())} ${text(path)}</code></td><td>${text(operation.summary)}<br><small>${text(
    operation.description,
  )}</small></td><td>${text(fields.join(', '))}</td></tr>`;
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: unknown): string {
  return String(value ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
