import type { Metadata } from 'next';
import { listApiKeys } from '#lib/access/api-keys.ts';
import { listApplications } from '#lib/access/applications.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { Notice } from '../../../_components/notice.tsx';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { ApiKeysView, ApplicationsView } from '../_parts/programs-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'API keys' };

export default async function ApiKeysPage() {
  const { context, identity, workspaceId } = await pageContext();
  const admin = mayActAs(identity.role, 'admin');
  return (
    <SettingsPage
      tab="api-keys"
      intro="For programs: Terraform, Airflow, Dagster, curl. A key or an application acts in this workspace with the role it has."
    >
      {admin ? (
        <>
          <ApiKeysView keys={toWire(await listApiKeys(context, workspaceId))} />
          <ApplicationsView applications={toWire(await listApplications(context, workspaceId))} />
          <p className="muted">
            <a className="link" href="/api/weir/v1/docs">
              Every route of the API
            </a>
            , Airbyte’s among them, with its OpenAPI documents.
          </p>
        </>
      ) : (
        <Notice state="off" title="Only administrators see and make API keys and applications." />
      )}
    </SettingsPage>
  );
}
