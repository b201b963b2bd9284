import { type NextRequest, NextResponse } from 'next/server';

const DEV = process.env.NODE_ENV === 'development';

/** Gives each page a content policy with a nonce of its own; Next puts the nonce on its inline scripts. */
export function proxy(request: NextRequest): NextResponse {
  const policy = contentPolicy(crypto.randomUUID());
  const headers = new Headers(request.headers);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  return response;
}

export const config = { matcher: ['/((?!_next/|icon.svg|logo.svg|api/|demo/).*)'] };

/** Nothing from elsewhere. Styles may be inline: charts place their parts by style, and so does the editor. */
function contentPolicy(nonce: string): string {
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${DEV ? ` 'unsafe-eval'` : ''}`,
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data: blob:`,
    `font-src 'self' data:`,
    `worker-src 'self' blob:`,
    `object-src 'none'`,
    `base-uri 'self'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
