'use client';

import { usePathname } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import type { OwnWorkspace } from '#lib/access/workspaces.ts';
import { useFocusBehind } from '../return-focus.ts';
import type { Theme } from '../theme.ts';
import { CommandPalette } from './command-palette.tsx';
import { useOverviewFeed } from './pulse.ts';
import { ShellContext } from './shell-context.ts';
import { Shortcuts } from './shortcuts.tsx';
import { SideNav } from './side-nav.tsx';
import { TabBar } from './tab-bar.tsx';
import { NewWorkspaceDialog } from './workspace-menu.tsx';

export interface ShellProps {
  readonly workspaces: readonly OwnWorkspace[];
  readonly person: { readonly name: string; readonly email: string };
  readonly theme: Theme;
  readonly rail: boolean;
  readonly version: string;
  readonly children: ReactNode;
}

/** The builder needs the width: there the side bar is a rail. */
const BUILDER = /^\/connectors\/[^/]+/;

/** Side bar, the page with its own top bar, and the tab bar of small screens. */
export function Shell({ workspaces, person, theme, rail, version, children }: ShellProps) {
  const path = usePathname();
  useOverviewFeed();
  useFocusBehind();
  const [isRail, setRail] = useState(rail);
  const [palette, setPalette] = useState(false);
  const [naming, setNaming] = useState(false);
  const toggleRail = () => {
    // biome-ignore lint/suspicious/noDocumentCookie: the server draws the rail from it, and CookieStore needs https
    document.cookie = `weir-rail=${isRail ? 0 : 1}; path=/; max-age=31536000; samesite=lax`;
    setRail(!isRail);
  };
  return (
    <ShellContext
      value={{
        ...{ person, theme, workspaces },
        openPalette: () => setPalette(true),
        openNewWorkspace: () => setNaming(true),
      }}
    >
      <nav aria-label="Skip">
        <a className="skip" href="#main">
          Skip to content
        </a>
      </nav>
      <div className={`app ${isRail || BUILDER.test(path) ? 'rail' : ''}`}>
        <SideNav path={path} version={version} />
        <div className="col">{children}</div>
      </div>
      <TabBar path={path} />
      <CommandPalette open={palette} onOpenChange={setPalette} />
      {naming && <NewWorkspaceDialog onClose={() => setNaming(false)} />}
      <Shortcuts onPalette={() => setPalette(true)} onRail={toggleRail} />
    </ShellContext>
  );
}
