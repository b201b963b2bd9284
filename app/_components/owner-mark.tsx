import Link from 'next/link';
import { initials } from './format.ts';

/** Who answers for a connection, in two letters where there is little room; leads to all that is theirs. */
export function OwnerMark({ owner }: { owner: string }) {
  return (
    <Link className="owner" href={`/?owner=${encodeURIComponent(owner)}`} title={`${owner}: show what is theirs`}>
      <span className="av" aria-hidden="true">
        {initials(owner)}
      </span>
      <span className="name">{owner}</span>
    </Link>
  );
}
