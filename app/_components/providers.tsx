'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { ClockProvider } from './clock.tsx';
import { Toasts } from './toast.tsx';

/** What every page of the product needs in the browser. */
export function Providers({ drawnAt, timeZone, children }: { drawnAt: number; timeZone: string; children: ReactNode }) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { staleTime: 2_000, retry: 1 } } }));
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>
        <ClockProvider drawnAt={drawnAt} timeZone={timeZone}>
          <Toasts>{children}</Toasts>
        </ClockProvider>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
