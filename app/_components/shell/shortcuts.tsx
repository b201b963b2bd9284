'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { Dialog } from '../dialog.tsx';
import { NAV } from './nav-items.ts';

/** How long `G` waits for its second key. */
const CHORD_MS = 1_200;

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['⌘K', 'find or run'],
  ['/', 'filter'],
  ...NAV.map(({ key, name }) => [`G ${key.toUpperCase()}`, name] as const),
  ['[', 'side bar as a rail'],
  ['S', 'sync now, on a connection'],
  ['P', 'pause or resume, on a connection'],
  ['⇧R', 'release a held load'],
  ['⇧D', 'discard a held load'],
  ['A', 'acknowledge, on an incident'],
  ['Z', 'snooze, on an incident'],
  ['⌘↵', 'test, in the builder'],
  ['⌘S', 'save a version, in the builder'],
  ['F8', 'next problem, in the builder'],
  ['⌘.', 'quick fix, in the builder'],
  ['F12, ⇧F12', 'definition and uses, in the builder'],
  ['⌘1 ⌘2 ⌘3', 'outline, text, test, in the builder'],
  ['?', 'this list'],
];

/** Keys that work on every page. Single keys rest while something is typed. */
export function Shortcuts({ onPalette, onRail }: { onPalette: () => void; onRail: () => void }) {
  const router = useRouter();
  const [help, setHelp] = useState(false);
  const chordAt = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (isTyping(event)) return;
      const target = Date.now() - chordAt.current < CHORD_MS && NAV.find(({ key }) => key === event.key.toLowerCase());
      chordAt.current = event.key.toLowerCase() === 'g' ? Date.now() : 0;
      if (target) router.push(target.href);
      else if (event.key === '/') focusFilter(event);
      else if (event.key === '[') onRail();
      else if (event.key === '?') setHelp(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [router, onPalette, onRail]);
  return (
    <Dialog open={help} onOpenChange={setHelp} title="Keys">
      <dl className="kv">
        {KEYS.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** For pages with keys of their own: `useKey('s', syncNow)`; a capital asks for shift. */
export function useKey(key: string, run: () => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const shifted = key !== key.toLowerCase();
      const pressed = event.key.toLowerCase() === key.toLowerCase() && event.shiftKey === shifted;
      if (pressed && !isTyping(event) && !event.repeat) latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [key]);
}

function isTyping(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target as HTMLElement | null;
  if (document.querySelector('[role=dialog], [role=menu]')) return true;
  return target?.closest('input, textarea, select, [contenteditable=true], .monaco-editor') !== null;
}

/** Every page's own filter carries `data-filter`. */
function focusFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  if (!filter) return;
  event.preventDefault();
  filter.focus();
  filter.select();
}
