'use client';

import { useEffect, useRef } from 'react';
import { loadMonaco } from './monaco.ts';

/** Two texts side by side, what changed between them marked; one below the other where there is no room. */
export function YamlDiff({ before, after, label }: { before: string; after: string; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let disposed = false;
    let dispose = () => {};
    void loadMonaco().then(({ monaco }) => {
      if (disposed || host.current === null) return;
      const original = monaco.editor.createModel(before, 'yaml');
      const modified = monaco.editor.createModel(after, 'yaml');
      const editor = monaco.editor.createDiffEditor(host.current, {
        ...{ readOnly: true, originalEditable: false, automaticLayout: true, renderOverviewRuler: false },
        ...{ minimap: { enabled: false }, fontSize: 12, lineHeight: 20, fontFamily: 'var(--font-mono)' },
        ...{ hideUnchangedRegions: { enabled: true }, scrollBeyondLastLine: false },
      });
      editor.getOriginalEditor().updateOptions({ ariaLabel: `${label}, before` });
      editor.getModifiedEditor().updateOptions({ ariaLabel: `${label}, after` });
      editor.setModel({ original, modified });
      dispose = () => {
        editor.dispose();
        original.dispose();
        modified.dispose();
      };
    });
    return () => {
      disposed = true;
      dispose();
    };
  }, [before, after, label]);
  return <div ref={host} className="yaml-diff" />;
}
