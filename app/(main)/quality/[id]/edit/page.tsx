import type { Metadata } from 'next';
import { suiteJsonSchema } from '#quality/parse-suite.ts';
import { getSuite, usedWords } from '#quality/suites.ts';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { suiteChoices } from '../../../../_server/suite-choices.ts';
import { SuiteForm } from '../../_parts/suite-form.tsx';

export const metadata: Metadata = { title: 'Edit checks' };

export default async function EditSuitePage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const [suite, choices, words] = await Promise.all([
    orNotFound(getSuite(context, workspaceId, id)),
    suiteChoices(context, workspaceId),
    usedWords(context, workspaceId),
  ]);
  return <SuiteForm suite={toWire(suite)} schema={suiteJsonSchema()} {...choices} words={words} />;
}
