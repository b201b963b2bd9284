'use client';

import type { Failure } from '#lib/errors.ts';
import { api } from './api.ts';
import { Button } from './button.tsx';
import { useSay } from './toast.tsx';

interface Props {
  readonly failure: Failure;
  /** Kept with the address, for whoever reads the list later. */
  readonly reason: string;
  readonly onAllowed: () => void;
}

/** A button by which an administrator allows the private address that was refused; nothing for any other failure. */
export function AllowHost({ failure, reason, onAllowed }: Props) {
  const say = useSay();
  const place = failure.code === 'address_refused' ? placeOf(failure.where?.url) : null;
  if (place === null) return null;
  const allow = async () => {
    try {
      await api.post('/allowed-hosts', { ...place, reason });
      onAllowed();
    } catch (error) {
      say.failed(error);
    }
  };
  return <Button onClick={() => void allow()}>{`Allow ${place.host}:${place.port}`}</Button>;
}

function placeOf(url: string | undefined): { host: string; port: number } | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
