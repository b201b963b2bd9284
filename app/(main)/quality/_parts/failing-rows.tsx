'use client';

import { Button } from '../../../_components/button.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { CopySql } from './copy-sql.tsx';
import { type Result, titleParts } from './models.ts';
import { toCsv, toTabs } from './rows-text.ts';

/** Some of the rows that fail a check, as they are stored; personal values are masked, in what is copied too. */
export function FailingRows({ suiteId, result }: { suiteId: string; result: Result }) {
  const say = useSay();
  const [first] = result.samples;
  if (!first) return null;
  const columns = Object.keys(first);
  const { kind, subject } = titleParts(result);
  // An empty value is what fails only where the check looks.
  const checked = new Set(subject.split(/[^\w]+/));
  const copy = () =>
    navigator.clipboard.writeText(toTabs(result.samples)).then(
      () => say.done('Rows copied.'),
      (error) => say.failed(error),
    );
  return (
    <Panel
      id="failing-rows"
      title="Failing rows"
      sub={`${result.samples.length} of those that fail ${kind.toLowerCase()}, ${subject}. Personal values are masked.`}
      side={
        <>
          <CopySql suiteId={suiteId} checkKey={result.key} what="failingRows" />
          <Button size="s" onClick={copy}>
            Copy rows
          </Button>
          <Button size="s" onClick={() => save(toCsv(result.samples), 'failing-rows.csv')}>
            Save CSV
          </Button>
        </>
      }
    >
      <Table
        className="tight"
        label={`Rows that fail ${kind} of ${subject}`}
        head={columns.map((column) => <th key={column}>{column}</th>)}
      >
        {result.samples.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no key of their own here
          <tr key={index}>
            {columns.map((column) => (
              <td
                key={column}
                className={`mono nowrap ${row[column] === null ? (checked.has(column) ? 'null' : 'faint') : ''}`}
              >
                {row[column] === null ? 'null' : String(row[column])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
