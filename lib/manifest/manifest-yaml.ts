import type { ParseOptions, ScalarTag, SchemaOptions, Tags } from 'yaml';

const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0x[\da-fA-F_]+|0[0-7_]+|0|[1-9][\d_]*|[1-9][\d_]*(?::[0-5]?\d)+)$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*)$/;

/**
 * How manifests are read and written: what stands without quotes is what PyYAML, which Airbyte reads them with, takes it for.
 * `no` is false, `0777` octal, `1:30` ninety, and `1e3` text. Only a date stays the text that it is: JSON has no other.
 */
export const MANIFEST_YAML: SchemaOptions & ParseOptions = {
  schema: 'core',
  merge: true,
  customTags: pythonTags,
};

function pythonTags(tags: Tags): Tags {
  return tags.flatMap((tag) => {
    if (typeof tag === 'string' || !('default' in tag)) return [tag];
    // Octal, hexadecimal and exponents are parts of the patterns here.
    if (tag.format !== undefined) return [];
    return [overridden(tag as ScalarTag)];
  });
}

function overridden(tag: ScalarTag): ScalarTag {
  switch (tag.tag) {
    case 'tag:yaml.org,2002:bool':
      return { ...tag, test: BOOLEAN, resolve: (text) => /^(?:y|t|on)/i.test(text) };
    case 'tag:yaml.org,2002:int':
      return { ...tag, test: INTEGER, resolve: (text, _onError, { intAsBigInt }) => integer(text, intAsBigInt) };
    case 'tag:yaml.org,2002:float':
      if (tag.test?.test('.nan')) return tag;
      return {
        ...tag,
        test: FLOAT,
        // The tag's own way remembers how many digits were written.
        resolve: (text, ...rest) => (/[_:eE]/.test(text) ? float(text) : tag.resolve(text, ...rest)),
      };
    default:
      return tag;
  }
}

function integer(written: string, asBigInt: boolean | undefined): number | bigint {
  const digits = written
    .replaceAll('_', '')
    .replace(/^[-+]/, '')
    .replace(/^0(?=[0-7]+$)/, '0o');
  const size = digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  const value = written.startsWith('-') ? -size : size;
  return asBigInt ? value : Number(value);
}

function float(written: string): number {
  const parts = written.replaceAll('_', '').replace(/^[-+]/, '').split(':');
  const size = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  return written.startsWith('-') ? -size : size;
}
