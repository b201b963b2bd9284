import type { CustomComponent } from '#lib/extract/custom/custom-component.ts';
import type { Transformation } from '#lib/extract/families.ts';

const PREFIX = 'cf_';

/** Chargebee's own fields of a customer come with a prefix each; they become one list. Stands in for the class of source-chargebee. */
const component: CustomComponent = {
  className: 'source_declarative_manifest.components.CustomFieldTransformation',
  create: (): Transformation => ({
    transform(record) {
      const isOwn = (name: string) => name.startsWith(PREFIX);
      const own = Object.entries(record).filter(([name]) => isOwn(name));
      const others = Object.entries(record).filter(([name]) => !isOwn(name));
      return { ...Object.fromEntries(others), custom_fields: own.map(([name, value]) => ({ name, value })) };
    },
  }),
};

export default component;
