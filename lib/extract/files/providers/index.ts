import { WeirError } from '#lib/errors.ts';
import type { ExtractContext } from '../../source.ts';
import { uploadNotFound } from '../file-errors.ts';
import type { FileStreamOptions, ProviderOptions } from '../file-options.ts';
import { folderFiles } from './folder.ts';
import { httpsFiles } from './https.ts';
import type { FileProvider } from './provider.ts';
import { s3Files } from './s3.ts';

type Paths = readonly string[];
const PROVIDERS: {
  [Type in ProviderOptions['type']]: (
    context: ExtractContext,
    options: Extract<ProviderOptions, { type: Type }>,
    paths: Paths,
  ) => FileProvider;
} = {
  https: httpsFiles,
  s3: s3Files,
  folder: ({ fileRoots = [] }, { folder }, paths) => folderFiles(fileRoots, folder, paths),
  upload({ uploadDir, uploadName = async () => null }, _, paths) {
    if (uploadDir !== undefined)
      return { ...folderFiles([uploadDir], uploadDir, paths, uploadNotFound), shownName: uploadName };
    const hint = 'Use a folder or an address instead.';
    throw new WeirError({ kind: 'config', code: 'no_uploads', message: 'There are no uploaded files here.', hint });
  },
};

export function openProvider(context: ExtractContext, { provider, path }: FileStreamOptions): FileProvider {
  const open = PROVIDERS[provider.type] as (
    context: ExtractContext,
    options: ProviderOptions,
    paths: Paths,
  ) => FileProvider;
  return open(context, provider, [path].flat());
}
