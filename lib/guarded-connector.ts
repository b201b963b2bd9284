import { buildConnector } from 'undici';
import type { Guard } from './address-guard.ts';
import { openTunnel } from './outbound-proxy.ts';

interface ConnectorOptions {
  readonly timeoutMs: number;
  /** Certificates to trust beside the well-known ones, as PEM. */
  readonly ca?: string | undefined;
}

/** For undici: connects to the address that the guard checked, or to the host through the guard's proxy. TLS still verifies the name that was asked for. */
export function guardedConnector(guard: Guard, { timeoutMs, ca }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({
    ...{ timeout: timeoutMs, allowH2: false, rejectUnauthorized: true },
    ...(ca && { ca }),
  });
  return (options, callback) => {
    const scheme = options.protocol === 'https:' ? 'https:' : 'http:';
    const port = Number(options.port) || (scheme === 'https:' ? 443 : 80);
    const reach = async () => {
      const { address, proxy } = await guard(options.hostname, port, scheme);
      if (!proxy) return connect({ ...options, hostname: address }, callback);
      const host = options.hostname.replace(/^\[|\]$/g, '');
      const socket = await openTunnel({ proxy, address, host, port, timeoutMs });
      if (scheme === 'http:') return callback(null, socket);
      return connect({ ...options, httpSocket: socket }, callback);
    };
    reach().catch((error: Error) => callback(error, null));
  };
}
