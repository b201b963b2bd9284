import { useEffect } from 'react';

/** What had the focus last outside of all that floats: where it belongs once nothing floats any more. */
let behind: HTMLElement | null = null;

/** Remembers where the focus is, for `returnFocus`; once on a page. */
export function useFocusBehind(): void {
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      const floats = target instanceof Element && target.closest('.overlay, [data-radix-focus-guard]');
      if (target instanceof HTMLElement && !floats) behind = target;
    };
    // Whoever was quicker than the page has the focus already.
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && activeElement !== document.body) behind ??= activeElement;
    document.addEventListener('focusin', remember);
    return () => document.removeEventListener('focusin', remember);
  }, []);
}

/** For `onCloseAutoFocus`: to what opened it, be it a button, a key or an item of a menu that is gone; else to the content. */
export function returnFocus(event: Event): void {
  event.preventDefault();
  const target = behind?.isConnected ? behind : document.getElementById('main');
  target?.focus({ preventScroll: true });
}
