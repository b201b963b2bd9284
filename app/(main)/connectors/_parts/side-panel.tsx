'use client';

import type { ReactNode } from 'react';

export const SIDES = ['test', 'form', 'schema', 'tests'] as const;
export type Side = (typeof SIDES)[number];

const NAMES: Record<Side, string> = { test: 'Test', form: 'Form', schema: 'Schema', tests: 'Tests' };

/** What stands beside the text: the test, the component under the cursor as a form, the stream's schema, or the tests that the text carries. */
export function SidePanel({
  side,
  onSide,
  children,
}: {
  side: Side;
  onSide: (side: Side) => void;
  children: ReactNode;
}) {
  return (
    <div className="side-panel">
      <div className="side-tabs">
        <fieldset className="seg">
          <legend className="sr-only">Beside the editor</legend>
          {SIDES.map((item) => (
            <button key={item} type="button" aria-pressed={side === item} onClick={() => onSide(item)}>
              {NAMES[item]}
            </button>
          ))}
        </fieldset>
      </div>
      {children}
    </div>
  );
}
