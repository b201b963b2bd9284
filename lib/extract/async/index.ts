import { asyncRetriever } from './async-retriever.ts';
import { responseToFileExtractor } from './response-to-file-extractor.ts';
import { asyncJobStatusMap } from './status-mapping.ts';

export const asyncKinds = [asyncRetriever, asyncJobStatusMap, responseToFileExtractor];
