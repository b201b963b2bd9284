import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#lib/json.ts';

/** What the Config API tells of a check or a discovery that was answered at once. Times are epoch seconds. */
export function synchronousJob(configType: string, at: number, succeeded = true): JsonObject {
  return {
    id: randomUUID(),
    configType,
    configId: '',
    createdAt: at,
    endedAt: at,
    succeeded,
    connectorConfigurationUpdated: false,
    logs: { logLines: [] },
  };
}
