import type { S3Config } from '../config.ts';
import { basic } from './basic.ts';
import { direct } from './direct.ts';
import type { Layout } from './layout.ts';
import { raw, unflattened } from './raw.ts';

/** The layout that a config asks for: its own, or what the format's `flattening` says. */
export function layoutOf({ layout, format }: Pick<S3Config, 'layout' | 'format'>): Layout {
  if (layout === 'direct') return format.flattens ? direct : unflattened;
  return layout === 'basic' ? basic : raw;
}
