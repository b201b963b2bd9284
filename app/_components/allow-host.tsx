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
  const place = failure.code === 'address_refused' ? placeOf(failure.where?.address) : null;
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

/** `db.internal:5432`, `[::1]:5432`. */
function placeOf(address: string | undefined): { host: string; port: number } | null {
  const [, host, port] = address?.match(/^(.+):(\d+)$/) ?? [];
  return host && port ? { host, port: Number(port) } : null;
}
