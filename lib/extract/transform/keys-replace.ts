import { defineKind, SLICE, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { sliceVariables } from '../slice.ts';
import { renameKeys } from './rename-keys.ts';

const VARIABLES = ['record', 'stream_state', ...SLICE];

export const keysReplace = defineKind<Transformation>({
  name: 'KeysReplace',
  family: 'transformation',
  docs: 'Replaces a text in all keys, those of objects in objects too.',
  example: 'type: KeysReplace\nold: " "\nnew: _\n',
  fields: {
    old: template('The text.', VARIABLES, { required: true }),
    new: template('What stands in its place.', VARIABLES, { required: true }),
  },
  create: (transformation, build) => ({
    transform(record, slice) {
      const scope = scopeOf(build, transformation, { record, stream_state: null, ...sliceVariables(slice) });
      const old = interpolateText(String(transformation.old), scope);
      const replacement = interpolateText(String(transformation.new), scope);
      return renameKeys(record, (key) => key.replaceAll(old, () => replacement));
    },
  }),
});
