'use client';

import { useEffect, useState } from 'react';

const LARGE = 100_000;
const PAUSE_MS = 300;

/** The text, or for a large one how it was when typing last paused: whoever reads it whole must not do so with every key. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  const isLarge = text.length > LARGE;
  useEffect(() => {
    if (!isLarge) return;
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, isLarge]);
  return isLarge ? settled : text;
}
