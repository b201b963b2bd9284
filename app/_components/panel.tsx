import type { ReactNode } from 'react';
import { formatCount } from './format.ts';

interface PanelProps {
  readonly title?: ReactNode;
  /** Secondary words after the title. */
  readonly sub?: ReactNode;
  /** Links, buttons or a legend at the right of the head. */
  readonly side?: ReactNode;
  readonly foot?: ReactNode;
  readonly id?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** The one level of box: a line, a head, and what it holds. Tables go in as they are, the rest in `PanelBody`. */
export function Panel({ title, sub, side, foot, id, className = '', children }: PanelProps) {
  const named = typeof title === 'string' ? { 'aria-label': title } : {};
  return (
    <section className={`panel ${className}`} id={id} {...named}>
      {title !== undefined && (
        <header>
          {typeof title === 'string' ? <h2>{title}</h2> : title}
          {sub !== undefined && <span className="sub">{sub}</span>}
          {side !== undefined && (
            <>
              <span className="grow" />
              {side}
            </>
          )}
        </header>
      )}
      {children}
      {foot !== undefined && <footer>{foot}</footer>}
    </section>
  );
}

export function PanelBody({ children }: { children: ReactNode }) {
  return <div className="body">{children}</div>;
}

/** A real table that scrolls sideways inside its panel; `cards` turns rows into cards on a phone. */
export function Table({
  className = '',
  label,
  head,
  children,
}: {
  className?: string;
  label: string;
  head: ReactNode;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="scroll" tabIndex={0}>
      <table className={className} aria-label={label}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A row that names the rows below it: `Needs attention 6`. */
export function GroupRow({ span, name, count }: { span: number; name: string; count: number }) {
  return (
    <tr className="group">
      <td colSpan={span}>
        <b className="strong">{name}</b> {formatCount(count)}
      </td>
    </tr>
  );
}

/** Facts in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="kv">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
