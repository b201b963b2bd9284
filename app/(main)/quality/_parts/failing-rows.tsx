'use client';

import { Panel, Table } from '../../../_components/panel.tsx';
import { type Result, titleParts } from './models.ts';

/** Some of the rows that fail a check, as they are stored; personal values are masked. */
export function FailingRows({ result }: { result: Result }) {
  const [first] = result.samples;
  if (!first) return null;
  const columns = Object.keys(first);
  const { kind, subject } = titleParts(result);
  return (
    <Panel
      title="Failing rows"
      sub={`${result.samples.length} of those that fail ${kind.toLowerCase()}, ${subject}. Personal values are masked.`}
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
              <td key={column} className={`mono nowrap ${row[column] === null ? 'null' : ''}`}>
                {row[column] === null ? 'null' : String(row[column])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
