import type { ReactNode } from 'react';

/** Our 16 px icons, 1.5 stroke. What is not here comes from lucide-react. */
const SHAPES = {
  overview: (
    <>
      <rect x="2.5" y="2.5" width="4.5" height="4.5" rx="1" />
      <rect x="9" y="2.5" width="4.5" height="4.5" rx="1" />
      <rect x="2.5" y="9" width="4.5" height="4.5" rx="1" />
      <rect x="9" y="9" width="4.5" height="4.5" rx="1" />
    </>
  ),
  connectors: <path d="M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14" />,
  connections: <path d="M2.5 5h9M9 2.5 11.5 5 9 7.5M13.5 11h-9M7 8.5 4.5 11 7 13.5" />,
  destinations: (
    <>
      <ellipse cx="8" cy="3.8" rx="5" ry="1.8" />
      <path d="M3 3.8v8.4c0 1 2.2 1.8 5 1.8s5-.8 5-1.8V3.8M3 8c0 1 2.2 1.8 5 1.8s5-.8 5-1.8" />
    </>
  ),
  quality: <path d="M2.5 11V5h11v6zM5 5v2.5M8 5v3.5M11 5v2.5" />,
  incidents: <path d="M8 2.5 14 13H2zM8 6.5v3M8 11.4v.1" />,
  jobs: <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1" />,
  settings: (
    <>
      <path d="M2.5 5h6M12 5h1.5M2.5 11H4M7.5 11h6" />
      <circle cx="10.2" cy="5" r="1.7" />
      <circle cx="5.7" cy="11" r="1.7" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m13.5 13.5-3.2-3.2" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.2" />
      <path d="M8 2.8v10.4a5.2 5.2 0 0 0 0-10.4z" fill="currentColor" />
    </>
  ),
  plus: <path d="M8 3v10M3 8h10" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  more: <path d="M3.5 8h.1M8 8h.1M12.5 8h.1" strokeWidth="2" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  chevron: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  'chevron-down': <path d="m3.5 6 4.5 4.5L12.5 6" />,
  'up-down': <path d="m5 6 3-3 3 3M5 10l3 3 3-3" />,
  download: <path d="M8 2.5v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" />,
  undo: <path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3.5l-3 3 3 3" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
    </>
  ),
  play: <path d="M4.5 2.8v10.4l8.5-5.2z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  person: (
    <>
      <circle cx="8" cy="5.3" r="2.6" />
      <path d="M2.8 13.5c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4" />
    </>
  ),
  bell: <path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.2H3zM6.8 14h2.4" />,
  history: <path d="M2.5 8a5.5 5.5 0 1 0 1.8-4M2.5 2.5v2.8h2.8M8 5v3.2l2 1.3" />,
  hint: <path d="M6.2 12.5h3.6M6.8 14h2.4M8 2a4 4 0 0 0-2.2 7.3c.4.3.6.8.6 1.4h3.2c0-.6.2-1.1.6-1.4A4 4 0 0 0 8 2z" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.5" />,
  trash: <path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4" />,
  key: (
    <>
      <circle cx="5" cy="8" r="2.5" />
      <path d="M7.5 8H14v2.5M11.5 8v2" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

/** An icon beside words: hidden from screen readers, since the words say it. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  return (
    <svg className={`i ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** The mark: water over a weir. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <path
        d="M1 4h5.6c2.9 0 3.9 1.7 4.8 4 .8 2 1.5 3 3.6 3"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path d="M5 7.5h2.2c1 0 1.5.6 2 1.7L11.4 14H5z" fill="currentColor" />
      <path d="M1 7.75h1.6M1 10.75h1.6M1 13.75h1.6" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
    </svg>
  );
}
