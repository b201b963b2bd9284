import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { invalid } from './call.ts';

const MB = 2 ** 20;
/** As Kubernetes writes quantities. */
const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: MB, Gi: 2 ** 30, Ti: 2 ** 40 },
};
const LEAST_MB = 128;

/**
 * The memory of `resourceRequirements` in MB: undefined where nothing is said, null for the usual. Of what a client asks for
 * CPU, and of what it requests beside the limit, nothing is kept: a sync is a process of the worker, not a pod.
 * @throws WeirError `invalid_input`
 */
export function readMemory(value: JsonValue | undefined): number | null | undefined {
  if (value === null) return null;
  const limit = isJsonObject(value) ? value.memory_limit : undefined;
  if (limit === undefined) return undefined;
  if (limit === null || limit === '') return null;
  const [, number = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kKMGT]i?)?$/.exec(String(limit).trim()) ?? [];
  const bytes = number === '' ? Number.NaN : Number(number) * (UNITS[unit] ?? Number.NaN);
  // Airbyte takes any; less than a process needs to begin would only fail each sync.
  if (Number.isFinite(bytes)) return Math.max(LEAST_MB, Math.round(bytes / MB));
  throw invalid([{ path: 'resourceRequirements.memory_limit', message: 'A quantity such as 512Mi or 2Gi.' }]);
}

export function toResources(memoryMb: number | null): JsonObject | undefined {
  return memoryMb === null ? undefined : { memory_limit: `${memoryMb}Mi` };
}
