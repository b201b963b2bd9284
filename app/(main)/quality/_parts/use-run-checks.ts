import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { useSay } from '../../../_components/toast.tsx';

/** Starts a suite by hand, which reads whatever it takes. */
export function useRunChecks(suiteId: string): { start: () => Promise<void>; busy: boolean } {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const queries = useQueryClient();
  const start = async () => {
    setBusy(true);
    try {
      await api.post(`/suites/${suiteId}/run`);
      await queries.invalidateQueries({ queryKey: ['suites', suiteId] });
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(false);
    }
  };
  return { start, busy };
}
