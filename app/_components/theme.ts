export type Theme = 'system' | 'light' | 'dark';

/** Read on the server, so that the first paint is right without a script. */
export const THEME_COOKIE = 'weir-theme';

export function themeOf(value: string | undefined): Theme {
  return value === 'light' || value === 'dark' ? value : 'system';
}
