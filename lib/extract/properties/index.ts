import { propertiesFromEndpoint } from './properties-from-endpoint.ts';
import { groupByKey, propertyChunking } from './property-chunking.ts';
import { jsonSchemaPropertySelector } from './property-selector.ts';
import { queryProperties } from './query-properties.ts';

export const propertyKinds = [
  queryProperties,
  propertiesFromEndpoint,
  propertyChunking,
  groupByKey,
  jsonSchemaPropertySelector,
];
