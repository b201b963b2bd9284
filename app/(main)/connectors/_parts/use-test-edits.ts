'use client';

import { type RefObject, useRef } from 'react';
import { applyEdit, type TextEdit } from '#lib/manifest/edit-text.ts';
import {
  addTestToText,
  removeTestFromText,
  replaceTestInText,
  sameTestIn,
  type TestInText,
} from '#lib/manifest/tests-in-text.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import { askProbe } from '../../../_components/ask-probe.ts';
import type { YamlEditorHandle } from '../../../_components/editor/yaml-editor.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Recorded } from './use-test-read.ts';

interface Given {
  readonly manifest: string;
  readonly editor: RefObject<YamlEditorHandle | null>;
  /** Told of each edit: the text before it, and after. */
  readonly onEdited: (before: string, after: string) => void;
}

/** Keeps, records again and removes the tests that the text carries: each is an edit of that test alone, and one step to undo. */
export function useTestEdits({ manifest, editor, onEdited }: Given) {
  // What a test expects takes a while to find out, and somebody may type meanwhile.
  const latest = useRef(manifest);
  latest.current = manifest;
  const say = useSay();
  const put = (edit: TextEdit | null, refusal: string): void => {
    if (!edit) throw new Error(refusal);
    onEdited(latest.current, applyEdit(latest.current, edit));
    editor.current?.edit(edit);
  };
  return {
    async keep(recorded: Recorded): Promise<void> {
      const made = await expected(latest.current, recorded);
      put(addTestToText(latest.current, made), 'The manifest must be valid YAML first.');
      say.done('Kept as a test, at the end of the manifest. Look through the answers for what must not be shared.');
    },
    async recordAgain(test: TestInText, recorded: Recorded): Promise<void> {
      const made = await expected(latest.current, recorded);
      put(replaceTestInText(latest.current, test, made), GONE);
      say.done('Recorded again. Look through the answers for what must not be shared.');
    },
    remove(test: TestInText): void {
      put(removeTestFromText(latest.current, test), GONE);
      // The button has gone with its test; from the text the next key can undo it.
      editor.current?.focus();
      say.done('Test removed. Undo in the editor brings it back.');
    },
    /** Where the test stands now. */
    offsetOf: (test: TestInText): number | null => sameTestIn(latest.current, test)?.offset ?? null,
  };
}

const GONE = 'The test is not in the manifest any more, or the manifest is no valid YAML: mend that first.';

/** What was read, with what must come of it by the manifest as it is. */
async function expected(manifest: string, { test, failed }: Recorded): Promise<ManifestTest> {
  return (await askProbe<{ test: ManifestTest }>({ kind: 'keep_test', manifest, test, failed })).test;
}
