'use client';

import type { Exchange } from '#lib/extract/source.ts';
import { type Lane, Waterfall } from '../../../_components/charts/waterfall.tsx';
import { formatDuration } from '../../../_components/format.ts';

/** Each request on one time axis; a click shows what was sent and what came back. */
export function Requests({
  exchanges,
  chosen,
  onChoose,
}: {
  exchanges: readonly Exchange[];
  chosen: number;
  onChoose: (index: number) => void;
}) {
  const start = Math.min(...exchanges.map((exchange) => Date.parse(exchange.startedAt)));
  const end = Math.max(
    ...exchanges.map((exchange) => Date.parse(exchange.startedAt) + exchange.durationMs + (exchange.waitMs ?? 0)),
  );
  return (
    <Waterfall
      lanes={exchanges.flatMap((exchange, index) => lanesOf(exchange, index, start, chosen === index, onChoose))}
      totalMs={Math.max(1, end - start)}
      nameWidth={200}
    />
  );
}

function lanesOf(
  exchange: Exchange,
  index: number,
  start: number,
  chosen: boolean,
  onChoose: (index: number) => void,
): Lane[] {
  const from = Date.parse(exchange.startedAt) - start;
  const to = from + exchange.durationMs;
  const ok = exchange.response !== undefined && exchange.response.status < 400;
  const request: Lane = {
    id: `${index}`,
    name: (
      <button type="button" className="link" aria-pressed={chosen} onClick={() => onChoose(index)}>
        <code className="m">{exchange.request.method}</code> {exchangeName(exchange)}
      </button>
    ),
    bars: [{ kind: ok ? 'req' : 'err', startMs: from, endMs: to, title: exchange.request.url }],
    result: (
      <span className="nowrap">
        <span className={ok ? '' : 's-fail bad'}>{exchange.response?.status ?? 'failed'}</span> ·{' '}
        {formatDuration(exchange.durationMs)}
      </span>
    ),
  };
  if (!exchange.waitMs) return [request];
  const wait: Lane = {
    id: `${index}-wait`,
    name: <span className="faint">waits before the next try</span>,
    bars: [{ kind: 'wait', startMs: to, endMs: to + exchange.waitMs }],
    result: formatDuration(exchange.waitMs),
  };
  return [request, wait];
}

function exchangeName(exchange: Exchange): string {
  const page = exchange.page > 0 ? `page ${exchange.page}` : 'request';
  return exchange.try > 1 ? `${page}, try ${exchange.try}` : page;
}

/** One request and its answer, as they went over the wire; secrets were masked before they came here. */
export function ExchangeDetail({ exchange }: { exchange: Exchange }) {
  const { request, response } = exchange;
  return (
    <div className="exchange">
      <h3>
        {request.method} <span className="mono">{request.url}</span>
      </h3>
      <Headers label="Request headers" headers={request.headers} />
      {request.body && <pre className="well">{request.body}</pre>}
      <h3>{response ? `Answer ${response.status}` : 'No answer'}</h3>
      {exchange.error && <p className="st s-fail">{exchange.error}</p>}
      {response && <Headers label="Response headers" headers={response.headers} />}
      {response && <pre className="well">{pretty(response.body)}</pre>}
    </div>
  );
}

function Headers({ label, headers }: { label: string; headers: Readonly<Record<string, string>> }) {
  const rows = Object.entries(headers);
  if (rows.length === 0) return null;
  return (
    <details>
      <summary className="small">
        {label} <span className="faint">{rows.length}</span>
      </summary>
      <dl className="kv small">
        {rows.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt className="mono">{name}</dt>
            <dd className="mono">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** JSON indented; anything else, and JSON that was cut, as it came. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** The request as a command line; what is masked stays masked. */
export function toCurl({ request }: Exchange): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = Object.entries(request.headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  const body = request.body ? [`--data-raw ${quote(request.body)}`] : [];
  return [
    'curl',
    ...(request.method === 'GET' ? [] : ['-X', request.method]),
    quote(request.url),
    ...headers,
    ...body,
  ].join(' ');
}
