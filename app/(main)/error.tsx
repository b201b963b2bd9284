'use client';

import { Button } from '../_components/button.tsx';
import { Notice } from '../_components/notice.tsx';
import { Page } from '../_components/shell/page.tsx';

/** In the place of a page that could not be drawn; the shell around it goes on. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <Page crumbs={[{ name: 'Error' }]}>
      <h1 className="vh">This page could not be drawn</h1>
      <Notice
        state="fail"
        title="This page could not be drawn."
        alert
        actions={<Button onClick={reset}>Try again</Button>}
      >
        <p>The database may be away for a moment. The log of the service says more.</p>
        {error.digest && (
          <details className="small">
            <summary>Details</summary>
            <code>{error.digest}</code>
          </details>
        )}
      </Notice>
    </Page>
  );
}
