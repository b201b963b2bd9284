import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { getWorkspace } from '#lib/access/workspace.ts';
import { listWorkspaces } from '#lib/access/workspaces.ts';
import { Providers } from '../_components/providers.tsx';
import { Shell } from '../_components/shell/shell.tsx';
import { THEME_COOKIE, themeOf } from '../_components/theme.ts';
import { pageContext } from '../_server/page-context.ts';
import { VERSION } from '../_server/version.ts';

export default async function MainLayout({ children }: { children: ReactNode }) {
  const { context, identity, workspaceId } = await pageContext();
  const [workspace, workspaces, jar] = await Promise.all([
    getWorkspace(context, workspaceId),
    listWorkspaces(context, identity),
    cookies(),
  ]);
  return (
    <Providers drawnAt={Date.now()} timeZone={workspace.timeZone}>
      <Shell
        workspaces={workspaces}
        person={{ name: identity.name, email: identity.email }}
        theme={themeOf(jar.get(THEME_COOKIE)?.value)}
        rail={jar.get('weir-rail')?.value === '1'}
        version={VERSION}
      >
        {children}
      </Shell>
    </Providers>
  );
}
