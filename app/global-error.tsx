'use client';

import './globals.css';

/** When not even the shell could be drawn. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main className="narrow-main">
          <h1>Weir could not draw this page</h1>
          <p className="muted">The database may be away for a moment. The log of the service says more.</p>
          {error.digest && <p className="small faint">{error.digest}</p>}
          <p>
            <button type="button" className="btn" onClick={reset}>
              Try again
            </button>
          </p>
        </main>
      </body>
    </html>
  );
}
