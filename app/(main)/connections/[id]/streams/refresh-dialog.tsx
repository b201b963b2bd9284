'use client';

import { useState } from 'react';
import { Field, fieldControl } from '../../../../_components/field.tsx';
import type { StreamTaskProps } from './stream-task.ts';
import { TaskDialog } from './task-dialog.tsx';

/** Reads a stream from the beginning, and replaces what is there or keeps it. */
export function RefreshDialog({ onClose, ...props }: StreamTaskProps & { onClose: () => void }) {
  const [keepHistory, setKeepHistory] = useState(false);
  const { name } = props.configured.stream;
  return (
    <TaskDialog
      {...props}
      title={`Read ${name} from the beginning`}
      verb={`Refresh ${name}`}
      draft={{ kind: 'refresh', keepHistory }}
      isReady={() => true}
      onClose={onClose}
    >
      <Field id="refresh-what" label="What is there now">
        <select
          className="select"
          {...fieldControl('refresh-what')}
          value={keepHistory ? 'keep' : 'replace'}
          onChange={(event) => setKeepHistory(event.target.value === 'keep')}
        >
          <option value="replace">Replace it when all is read</option>
          <option value="keep">Keep it</option>
        </select>
      </Field>
    </TaskDialog>
  );
}
