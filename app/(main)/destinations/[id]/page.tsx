import { destinationKind, getDestination } from '#lib/connections/destinations.ts';
import { ConfigForm } from '../../../_components/config-form.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';

export default async function DestinationPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const destination = await orNotFound(getDestination(context, workspaceId, id));
  return (
    <Page crumbs={[{ name: 'Destinations', href: '/destinations' }, { name: destination.name }]}>
      <PageHead title={destination.name}>
        {destinationKind(destination.type).title}. Another host asks for the secrets again.
      </PageHead>
      <ConfigForm
        noun="destination"
        spec={destination.spec}
        initial={destination}
        id={destination.id}
        fixed={{ type: destination.type }}
        then="/destinations"
        usedBy={destination.connections}
      />
    </Page>
  );
}
