import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { invalid } from './call.ts';

const MB = 2 ** 20;
/** As Kubernetes writes quantities. */
const BYTES: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: MB, Gi: 2 ** 30, Ti: 2 ** 40 },
};
const CORES: Readonly<Record<string, number>> = { '': 1, m: 1e-3 };
const LEAST_MB = 128;
const LEAST_CORES = 0.1;

/**
 * The memory of `resourceRequirements` in MB: undefined where nothing is said, null for the usual. Of what a client requests beside
 * the limit nothing is kept: a sync is a process of the worker, not a pod.
 * @throws WeirError `invalid_input`
 */
export function readMemory(value: JsonValue | undefined): number | null | undefined {
  const bytes = readQuantity(value, 'memory_limit', { units: BYTES, example: '512Mi or 2Gi' });
  // Airbyte takes any; less than a process needs to begin would only fail each sync.
  return typeof bytes === 'number' ? Math.max(LEAST_MB, Math.round(bytes / MB)) : bytes;
}

/** The same of CPU, in cores. @throws WeirError `invalid_input` */
export function readCpu(value: JsonValue | undefined): number | null | undefined {
  const cores = readQuantity(value, 'cpu_limit', { units: CORES, example: '500m or 2' });
  return typeof cores === 'number' ? Math.max(LEAST_CORES, Number(cores.toFixed(3))) : cores;
}

/** The limits in Airbyte's words; undefined for a connection that has none of its own. */
export function toResources({
  memoryMb,
  cpuCores,
}: {
  readonly memoryMb: number | null;
  readonly cpuCores: number | null;
}): JsonObject | undefined {
  if (memoryMb === null && cpuCores === null) return undefined;
  return {
    ...(memoryMb !== null && { memory_limit: `${memoryMb}Mi` }),
    ...(cpuCores !== null && { cpu_limit: String(cpuCores) }),
  };
}

function readQuantity(
  value: JsonValue | undefined,
  field: string,
  { units, example }: { units: Readonly<Record<string, number>>; example: string },
): number | null | undefined {
  if (value === null) return null;
  const limit = isJsonObject(value) ? value[field] : undefined;
  if (limit === undefined) return undefined;
  if (limit === null || limit === '') return null;
  const [, number = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([a-zA-Z]{1,2})?$/.exec(String(limit).trim()) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  // Kubernetes takes 0 for no limit.
  if (number !== '' && factor !== undefined) return Number(number) * factor || null;
  throw invalid([{ path: `resourceRequirements.${field}`, message: `A quantity such as ${example}.` }]);
}
