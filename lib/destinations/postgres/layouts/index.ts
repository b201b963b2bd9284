import { basic } from './basic.ts';
import { direct } from './direct.ts';
import type { Layout } from './layout.ts';
import { raw } from './raw.ts';

export type { LaidRecord, Layout, SidePlan, TableKind } from './layout.ts';

/** Every layout; the first is the default. A new one is a file and a line here. */
export const layouts: readonly Layout[] = [direct, basic, raw];
