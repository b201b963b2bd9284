import type { ConfiguredStream, Mapper } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { mapperKinds } from '#lib/records/index.ts';
import { MASK, maskConfig, type Secrets, sealConfig, usableConfig } from '#lib/secrets.ts';

/** What binds the keys of a workspace's mappers to it: streams are copied within a workspace. */
export function mappersAad(workspaceId: string): string {
  return `mappers:${workspaceId}`;
}

/** The streams as they are stored. */
export function sealMappers(
  secrets: Secrets,
  workspaceId: string,
  streams: readonly ConfiguredStream[],
): ConfiguredStream[] {
  return withMappers(streams, (mapper) =>
    sealConfig(secrets, specOf(mapper), mapper.mapperConfiguration, mappersAad(workspaceId)),
  );
}

/** The streams as a sync needs them. */
export function openMappers(
  secrets: Secrets,
  workspaceId: string,
  streams: readonly ConfiguredStream[],
): ConfiguredStream[] {
  return withMappers(streams, ({ mapperConfiguration }) =>
    usableConfig(secrets, mapperConfiguration, mappersAad(workspaceId)),
  );
}

/** The streams for answers. */
export function maskMappers(streams: readonly ConfiguredStream[]): ConfiguredStream[] {
  return withMappers(streams, (mapper) => maskConfig(specOf(mapper), mapper.mapperConfiguration));
}

/** What somebody sent, with the stored keys where they came back masked: found by stream, type and field. */
export function keepMapperSecrets(
  stored: readonly ConfiguredStream[],
  next: readonly ConfiguredStream[],
): ConfiguredStream[] {
  return next.flatMap((one) => {
    const before = stored.find(({ stream }) => nameOf(stream) === nameOf(one.stream))?.mappers ?? [];
    return withMappers([one], (mapper) => {
      const { mapperConfiguration: config } = mapper;
      const old = before.find((known) => isSame(known, mapper))?.mapperConfiguration;
      const kept = Object.entries(config).map(([key, value]) => [key, value === MASK ? (old?.[key] ?? value) : value]);
      return Object.fromEntries(kept) as JsonObject;
    });
  });
}

function nameOf({ name, namespace = '' }: ConfiguredStream['stream']): string {
  return JSON.stringify([namespace, name]);
}

function isSame(one: Mapper, other: Mapper): boolean {
  return one.type === other.type && one.mapperConfiguration.targetField === other.mapperConfiguration.targetField;
}

function withMappers(streams: readonly ConfiguredStream[], change: (mapper: Mapper) => JsonObject): ConfiguredStream[] {
  return streams.map((one) => {
    if (!one.mappers?.some(({ mapperConfiguration }) => isJsonObject(mapperConfiguration))) return one;
    return { ...one, mappers: one.mappers.map((mapper) => ({ ...mapper, mapperConfiguration: change(mapper) })) };
  });
}

/** A JSON schema that marks the secrets of a mapper. */
function specOf({ type }: Mapper): JsonObject {
  const secrets = mapperKinds.find((kind) => kind.type === type)?.secrets ?? [];
  return { properties: Object.fromEntries(secrets.map((name) => [name, { airbyte_secret: true }])) };
}
