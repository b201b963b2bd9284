import Link from 'next/link';
import { Logo } from './_components/icon.tsx';

/** For addresses that no page has. */
export default function NotFound() {
  return (
    <div className="auth">
      <header>
        <Logo />
        <b>Weir</b>
      </header>
      <main className="narrow-main">
        <h1>Nothing is here</h1>
        <p className="muted">The address is not quite right.</p>
        <p>
          <Link className="link" href="/">
            Open the overview
          </Link>
        </p>
      </main>
    </div>
  );
}
