'use client';

import { useState } from 'react';
import type { CheckSql } from '#quality/check-sql.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { useSay } from '../../../_components/toast.tsx';

interface CopySqlProps {
  readonly suiteId: string;
  readonly checkKey: string;
  /** The statements that measure it, or the one that shows the rows that fail. */
  readonly what: 'measures' | 'failingRows';
}

/** Puts a check's SQL on the clipboard. */
export function CopySql({ suiteId, checkKey, what }: CopySqlProps) {
  const [busy, setBusy] = useState(false);
  const say = useSay();
  const copy = async () => {
    setBusy(true);
    try {
      const sql = await api.get<CheckSql>(`/suites/${suiteId}/sql?key=${encodeURIComponent(checkKey)}`);
      const statements = what === 'failingRows' && sql.failingRows ? [sql.failingRows] : sql.measures;
      await navigator.clipboard.writeText(statements.map((statement) => `${statement};\n`).join('\n'));
      say.done(statements.length === 0 ? 'This check needs no SQL.' : 'SQL copied.');
    } catch (error) {
      say.failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="s" busy={busy} onClick={copy}>
      Copy SQL
    </Button>
  );
}
