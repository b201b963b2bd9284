import Link from 'next/link';
import type { ReactNode } from 'react';
import { StateIcon } from './state-mark.tsx';
import { type State, stateClass } from './states.ts';

export function Tiles({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className="tiles" aria-label={label}>
      {children}
    </section>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  /** The yardstick beside the number: `of 12`, `rows`. */
  readonly unit?: string;
  /** What stands behind the number. */
  readonly detail: ReactNode;
  readonly href: string;
  /** Only for trouble; a number without trouble is ink. */
  readonly state?: State;
  readonly chart?: ReactNode;
}

export function Tile({ name, value, unit, detail, href, state, chart }: TileProps) {
  return (
    <Link className={`tile ${state ? stateClass(state) : ''}`} href={href}>
      <span className="k">{name}</span>
      <span className="v">
        {state && <StateIcon state={state} />}
        <span>
          {value} {unit && <small>{unit}</small>}
        </span>
        {chart && (
          <>
            <span className="grow" />
            {chart}
          </>
        )}
      </span>
      <span className="d">{detail}</span>
    </Link>
  );
}
