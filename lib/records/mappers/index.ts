import { encryption } from './encryption.ts';
import { fieldFiltering } from './field-filtering.ts';
import { fieldRenaming } from './field-renaming.ts';
import { hashing } from './hashing.ts';
import type { MapperKind } from './mapper.ts';
import { rowFiltering } from './row-filtering.ts';

export type { CompiledMapper, MapperKind } from './mapper.ts';

/** Every kind of mapper. */
export const mapperKinds: readonly MapperKind[] = [hashing, encryption, fieldRenaming, fieldFiltering, rowFiltering];
