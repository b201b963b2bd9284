import type { Metadata } from 'next';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { usedWords } from '#quality/suites.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { suiteChoices } from '../../../_server/suite-choices.ts';
import { SuiteForm } from '../_parts/suite-form.tsx';

export const metadata: Metadata = { title: 'New suite' };

export default async function NewSuitePage({ searchParams }: { searchParams: Promise<{ connection?: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { connection } = await searchParams;
  const [choices, words] = await Promise.all([suiteChoices(context, workspaceId), usedWords(context, workspaceId)]);
  return <SuiteForm suite={null} schema={suiteJsonSchema()} {...choices} connectionId={connection} words={words} />;
}
