import type { ReactNode } from 'react';
import { WhenReady } from '../when-ready.tsx';
import { type Crumb, TopBar } from './top-bar.tsx';

interface PageProps {
  /** The way here; the last one is this page. */
  readonly crumbs: readonly Crumb[];
  /** A stamp for what is live, or anything else that belongs into the top bar. */
  readonly live?: ReactNode;
  /** The builder fills the screen and brings its own insets. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}

/** A page of the product: its top bar, and the one `main`, which takes nothing before the browser has it. */
export function Page({ crumbs, live, bare = false, children }: PageProps) {
  return (
    <>
      <TopBar crumbs={crumbs} live={live} />
      <main id="main" className={bare ? 'bare' : ''} tabIndex={-1}>
        <WhenReady>{children}</WhenReady>
      </main>
    </>
  );
}

/** The page's head: its one `h1`, a line below, and its actions. */
export function PageHead({
  title,
  marks,
  children,
  actions,
}: {
  title: ReactNode;
  /** State pills beside the title. */
  marks?: ReactNode;
  /** One or two sentences. */
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="head">
      <div className="grow">
        <div className="row wrap">
          <h1>{title}</h1>
          {marks}
        </div>
        {children !== undefined && <p className="muted">{children}</p>}
      </div>
      {actions !== undefined && <div className="acts">{actions}</div>}
    </div>
  );
}
