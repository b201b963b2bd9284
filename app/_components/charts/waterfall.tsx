import { Fragment, type ReactNode } from 'react';
import { formatDuration } from '../format.ts';

export type BarKind = 'req' | 'wait' | 'extract' | 'stage' | 'check' | 'publish' | 'held' | 'err';

export interface Bar {
  readonly kind: BarKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly title?: string;
}

export interface Lane {
  readonly id: string;
  readonly name: ReactNode;
  readonly bars: readonly Bar[];
  /** At the right: a duration or a result. */
  readonly result: ReactNode;
}

/** When each part ran, on one axis. `streams` draws extract and stage thin and overlapping. */
export function Waterfall({
  lanes,
  totalMs,
  nameWidth = 188,
  streams = false,
}: {
  lanes: readonly Lane[];
  totalMs: number;
  nameWidth?: number;
  streams?: boolean;
}) {
  const total = Math.max(1, totalMs);
  const place = ({ startMs, endMs }: Bar) => ({
    left: `${percent(startMs, total)}%`,
    width: `${percent(endMs, total) - percent(startMs, total)}%`,
  });
  return (
    <div
      className={`wf ${streams ? 'streams' : ''}`}
      style={{ '--name': `${nameWidth}px`, padding: '6px 12px 8px' } as React.CSSProperties}
    >
      <span className="ax" />
      <span className="ax num">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{share === 0 ? '0' : formatDuration(total * share)}</span>
        ))}
      </span>
      <span />
      {lanes.map((lane) => (
        <Fragment key={lane.id}>
          <span className="clip">{lane.name}</span>
          <span className="lane">
            {lane.bars.map((bar) => (
              <span
                key={`${bar.kind}-${bar.startMs}`}
                className={`b ${bar.kind}`}
                title={bar.title}
                style={place(bar)}
              />
            ))}
          </span>
          <span className="num">{lane.result}</span>
        </Fragment>
      ))}
    </div>
  );
}

/** The colours' words, for a panel's foot. */
export function Legend({ items }: { items: readonly (readonly [colour: string, word: string])[] }) {
  return (
    <div className="legend">
      {items.map(([colour, word]) => (
        <span key={word}>
          <i style={{ '--c': `var(--${colour})` } as React.CSSProperties} />
          {word}
        </span>
      ))}
    </div>
  );
}

function percent(ms: number, total: number): number {
  return Math.round(Math.min(100, Math.max(0, (ms / total) * 100)) * 10) / 10;
}
