'use client';

import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { formatCount } from '../../_components/format.ts';
import { type Incident, IncidentsTable, useIncidents } from '../../_components/incidents-table.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';

const SHOWS = ['open', 'resolved'] as const;

export function IncidentsView({ incidents: initial }: { incidents: Incident[] }) {
  const [show, setShow] = useQueryState('show', parseAsStringLiteral(SHOWS).withDefault('open'));
  const incidents = useIncidents(initial);
  const open = incidents.filter(({ status }) => status !== 'resolved');
  const resolved = incidents.filter(({ status }) => status === 'resolved');
  const shown = show === 'open' ? open : resolved;
  return (
    <Page crumbs={[{ name: 'Incidents' }]}>
      <PageHead title={headline(open)}>
        One incident per cause: it counts how often it was seen, and closes by itself when the cause is gone.
      </PageHead>
      <div className="toolbar">
        {/* biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset */}
        <div className="seg" role="group" aria-label="Filter by status">
          <button type="button" aria-pressed={show === 'open'} onClick={() => setShow(null)}>
            Open {open.length}
          </button>
          <button type="button" aria-pressed={show === 'resolved'} onClick={() => setShow('resolved')}>
            Resolved {resolved.length}
          </button>
        </div>
      </div>
      {shown.length > 0 ? <IncidentsTable incidents={shown} /> : <NoIncidents show={show} />}
    </Page>
  );
}

function headline(open: readonly Incident[]): string {
  const critical = open.filter(({ severity }) => severity === 'critical').length;
  if (open.length === 0) return 'No incident is open';
  const count = open.length === 1 ? '1 incident is open' : `${formatCount(open.length)} incidents are open`;
  return critical === 0 ? count : `${count}, ${formatCount(critical)} critical`;
}

function NoIncidents({ show }: { show: (typeof SHOWS)[number] }) {
  return (
    <section className="panel">
      <Empty
        action={
          <Link className="btn" href="/settings/notifications">
            Open notifications
          </Link>
        }
      >
        {show === 'open'
          ? 'Failed syncs, missed targets and failing checks appear here, and in Slack once a channel is set.'
          : 'Nothing has been resolved yet.'}
      </Empty>
    </section>
  );
}
