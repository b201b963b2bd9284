/** A request as the engine makes it: complete, with authentication in its headers. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Follow redirects (default true; at most 5, each target checked again, `authorization` dropped on another host). */
  readonly followRedirects?: boolean;
  /** Longest wait for the whole answer in ms; the client's default when absent. */
  readonly totalTimeoutMs?: number;
  /** Most bytes of the decoded body; the client's default when absent. */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same with their names as the server spells them; absent where nobody knows. */
  readonly spelledHeaders?: Readonly<Record<string, string>>;
  /** Where the answer came from after redirects. */
  readonly url: string;
  /** Decoded (gzip, deflate, br), limited in size and ratio. Read it once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body; throws `response_too_large` over the limit. */
  bytes(): Promise<Uint8Array>;
  /** The whole body in the charset that its content type names, UTF-8 otherwise; bytes that fit neither become U+FFFD. */
  text(): Promise<string>;
}

/**
 * The one way out of the process over HTTP: only http and https, no private or metadata address unless allowed,
 * the checked address is the one connected to. Throws `WeirError`: `address_refused`, `unreachable`, `timeout`,
 * `response_too_large`, `response_truncated`, `bad_response` (no HTTP, or not in the encoding it claims), `tls`,
 * `too_many_redirects`, `redirect_refused`, `bad_url`, `bad_request`, and `cancelled` when the request's signal aborts.
 */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}
