import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { Logo } from '../_components/icon.tsx';
import { ThemeSwitch } from '../_components/shell/theme-switch.tsx';
import { THEME_COOKIE, themeOf } from '../_components/theme.ts';

/** Set-up and sign-in: no side bar, the mark and the theme above the page. */
export default async function AuthLayout({ children }: { children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <div className="auth">
      <header>
        <Logo />
        <b>Weir</b>
        <span className="grow" />
        <ThemeSwitch theme={theme} />
      </header>
      {children}
    </div>
  );
}
