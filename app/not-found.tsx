import Link from 'next/link';

/** For addresses that no page has. */
export default function NotFound() {
  return (
    <main className="auth narrow-main">
      <h1>Nothing is here</h1>
      <p className="muted">The address is not quite right.</p>
      <p>
        <Link className="link" href="/">
          Open the overview
        </Link>
      </p>
    </main>
  );
}
