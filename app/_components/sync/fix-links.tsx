import Link from 'next/link';

interface FixLinksProps {
  readonly source: { readonly id: string; readonly name: string };
  readonly destination: { readonly id: string; readonly name: string };
}

/** Where a sync that failed is mended. */
export function FixLinks({ source, destination }: FixLinksProps) {
  return (
    <>
      <Link className="btn" href={`/sources/${source.id}`} title={source.name}>
        Open the source
      </Link>
      <Link className="btn" href={`/destinations/${destination.id}`} title={destination.name}>
        Open the destination
      </Link>
    </>
  );
}
