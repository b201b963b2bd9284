import { type State, stateClass } from '../states.ts';

interface LimitBulletProps {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly state: State;
}

/** The allowed zone, and where the value lies. Only beside the numbers themselves: it is hidden from screen readers. */
export function LimitBullet({ value, low, high, state }: LimitBulletProps) {
  if (value === null || (low === null && high === null)) return <span className="faint">—</span>;
  const { zone, dot } = bulletPlot(value, low, high);
  return (
    <span className={`near ${stateClass(state)}`} aria-hidden="true">
      <i style={{ left: `${zone.from}%`, width: `${zone.to - zone.from}%` }} />
      <b style={{ left: `${dot}%` }} />
    </span>
  );
}

/** Percent of the bar. The axis holds the limits, the value, and a fifth more; an open end runs to the edge. */
export function bulletPlot(value: number, low: number | null, high: number | null) {
  const marks = [value, ...(low === null ? [] : [low]), ...(high === null ? [] : [high])];
  const [least, most] = [Math.min(...marks), Math.max(...marks)];
  const margin = (most - least || Math.abs(most) || 1) * 0.2;
  const start = least >= 0 && least - margin < 0 ? 0 : least - margin;
  const end = most + margin;
  const at = (mark: number) => Math.round(((mark - start) / (end - start)) * 1000) / 10;
  return { zone: { from: low === null ? 0 : at(low), to: high === null ? 100 : at(high) }, dot: at(value) };
}
