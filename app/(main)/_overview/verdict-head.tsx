import Link from 'next/link';
import { Fragment } from 'react';
import { cutMiddle } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { StateMark } from '../../_components/state-mark.tsx';
import { healthState } from '../../_components/states.ts';
import { type HealthOf, predicate, verdictOf } from './verdict.ts';

const NAME_LENGTH = 36;

export function VerdictHead({ rows }: { rows: readonly HealthOf[] }) {
  const { named, rest, detail } = verdictOf(rows);
  return (
    <div className="head">
      <div className="verdict">
        <h1 aria-live="polite">
          {named.map((row, index) => (
            <Fragment key={row.id}>
              {index > 0 && (rest ? ', ' : ' and ')}
              <Link href={`/connections/${row.id}`} title={row.name}>
                <StateMark state={healthState(row.health).state}>{cutMiddle(row.name, NAME_LENGTH)}</StateMark>
              </Link>{' '}
              {predicate(row.health)}
            </Fragment>
          ))}
          {named.length > 0 ? `${rest && `, and ${rest}`}.` : rest}
        </h1>
        {detail && <p className="muted">{detail}</p>}
      </div>
      <div className="acts">
        <Link className="btn" href="/connections/new">
          <Icon name="plus" />
          New connection
        </Link>
      </div>
    </div>
  );
}
