'use client';

import { useState } from 'react';
import { Button } from '../button.tsx';
import { Menu, MenuChoices } from '../menu.tsx';
import { THEME_COOKIE, type Theme, themeOf } from '../theme.ts';

const CHOICES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** Kept in a cookie, so that the server draws the next page right from the start. */
export function ThemeSwitch({ theme: initial }: { theme: Theme }) {
  const [theme, setTheme] = useState(initial);
  const choose = (value: string) => {
    const next = themeOf(value);
    setTheme(next);
    applyTheme(next);
  };
  return (
    <Menu trigger={<Button kind="ghost" icon="theme" aria-label="Theme" />}>
      <MenuChoices label="Theme" value={theme} choices={CHOICES} onChange={choose} />
    </Menu>
  );
}

function applyTheme(theme: Theme): void {
  // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs https
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=31536000; samesite=lax`;
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
