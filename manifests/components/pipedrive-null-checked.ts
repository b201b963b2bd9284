import type { CustomComponent } from '#lib/extract/custom/custom-component.ts';
import type { Extractor } from '#lib/extract/families.ts';
import type { JsonObject } from '#lib/json.ts';

/**
 * Pipedrive wraps each item, and leaves the wrapper empty for what was deleted: then the wrapper, which has the id, is the
 * record. Stands in for the class of source-pipedrive.
 */
const component: CustomComponent = {
  className: 'source_declarative_manifest.components.NullCheckedDpathExtractor',
  create(settings, tools): Extractor {
    const inner = tools.create<Extractor>({ type: 'DpathExtractor', field_path: settings.field_path ?? [] });
    const field = tools.text(settings.nullable_nested_field);
    return {
      path: inner.path,
      extract: async (body) => (await inner.extract(body)).map((item) => (item as JsonObject | null)?.[field] || item),
    };
  },
};

export default component;
