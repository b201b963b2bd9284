import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '#lib/json.ts';

/** The look of the other pages, without their fonts and scripts. */
const STYLE = `
:root { color-scheme: light dark; --bg: light-dark(#f9fafb, #0c0f11); --surface: light-dark(#fff, #121518); --line: light-dark(#e0e3e6, #252a2d);
  --fg: light-dark(#13191d, #e7eaec); --fg-2: light-dark(#495157, #aab0b5); --link: light-dark(#0065b4, #65b2f1) }
body { font: 13px/20px system-ui, sans-serif; margin: 0; color: var(--fg); background: var(--bg) }
main { max-width: 1100px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 20px; line-height: 28px; margin: 0 } h2 { font-size: 16px; line-height: 24px; margin: 32px 0 0 }
p { margin: 4px 0 12px; color: var(--fg-2) } a { color: var(--link) } :focus-visible { outline: 2px solid var(--link); outline-offset: 1px }
table { border-collapse: separate; border-spacing: 0; width: 100%; table-layout: fixed; background: var(--surface); border: 1px solid var(--line); border-radius: 8px }
td, th { text-align: left; padding: 6px 12px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
tr:last-child td { border-bottom: 0 } th { font-size: 12px; font-weight: 500; color: var(--fg-2) }
th:first-child { width: 36% } th:last-child { width: 24% } td:last-child, small { color: var(--fg-2) } small { font-size: 12px }
code { font: 12px/20px ui-monospace, monospace }
@media (max-width: 760px) { body { font-size: 14px } main { padding: 16px 12px 48px } thead { display: none } table, tbody { display: block } tr { display: block; padding: 10px 12px; border-bottom: 1px solid var(--line) }
  tr:last-child { border: 0 } td { display: block; padding: 0; border: 0 } td:last-child:not(:empty)::before { content: 'Body: ' } }
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
