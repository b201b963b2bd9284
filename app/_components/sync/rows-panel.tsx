'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import type { StreamPlace } from '#lib/connections/places.ts';
import type { FirstRows } from '#quality/first-rows.ts';
import { api, failureOf } from '../api.ts';
import { Button } from '../button.tsx';
import { FailureNotice, Skeleton } from '../notice.tsx';
import { Panel, PanelBody, Table } from '../panel.tsx';
import { useSay } from '../toast.tsx';
import type { Wire } from '../wire.ts';
import type { Sync } from './use-sync.ts';

type Place = Wire<StreamPlace>;

/** Where the rows of a connection are, lines to look at them with other tools, and some of them here. The stream stands in the address. */
export function RowsPanel({ sync }: { sync: Pick<Sync, 'connectionId' | 'streams'> }) {
  const { connectionId, streams } = sync;
  const published = streams.filter(({ publishedAt }) => publishedAt !== null).map(({ publishedAt }) => publishedAt);
  const { data: places = [] } = useQuery({
    queryKey: ['places', connectionId, published.join(' ')],
    queryFn: () => api.get<Place[]>(`/connections/${connectionId}/places`),
    placeholderData: (before) => before,
  });
  const [asked, setAsked] = useQueryState('rows');
  const [first] = places;
  if (!first) return null;
  const place = places.find((each) => keyOf(each) === asked) ?? first;
  const isShown = asked === keyOf(place);
  return (
    <Panel
      title="Rows"
      id="rows"
      sub={
        <>
          are in <span className="mono strong">{place.place}</span>
        </>
      }
      side={
        <>
          {places.length > 1 && <ChooseStream places={places} value={place} onChoose={(key) => void setAsked(key)} />}
          {!isShown && (
            <Button size="s" onClick={() => void setAsked(keyOf(place))}>
              Show the first rows
            </Button>
          )}
        </>
      }
    >
      <Lines place={place} />
      {isShown && <Rows key={keyOf(place)} connectionId={connectionId} place={place} />}
    </Panel>
  );
}

interface ChooseProps {
  readonly places: readonly Place[];
  readonly value: Place;
  readonly onChoose: (key: string) => void;
}

function ChooseStream({ places, value, onChoose }: ChooseProps) {
  return (
    <select
      className="select rows-stream"
      aria-label="Stream whose rows are shown"
      value={keyOf(value)}
      onChange={(event) => onChoose(event.target.value)}
    >
      {places.map((place) => (
        <option key={keyOf(place)} value={keyOf(place)}>
          {keyOf(place)}
        </option>
      ))}
    </select>
  );
}

/** For tools of one's own; passwords are asked for there. */
function Lines({ place: { lines } }: { place: Place }) {
  const say = useSay();
  const copy = (tool: string, text: string) =>
    navigator.clipboard.writeText(text).then(
      () => say.done(`The line for ${tool} is copied.`),
      (error) => say.failed(error),
    );
  return (
    <div className="row-lines">
      <code className="clip" title={lines[0]?.text}>
        {lines[0]?.text}
      </code>
      {lines.map(({ tool, text }) => (
        <Button
          key={tool}
          size="s"
          icon="copy"
          onClick={() => copy(tool, text)}
          aria-label={`Copy the line for ${tool}`}
        >
          {tool}
        </Button>
      ))}
    </div>
  );
}

function Rows({ connectionId, place }: { connectionId: string; place: Place }) {
  const query = new URLSearchParams({ stream: place.name, ...(place.namespace && { namespace: place.namespace }) });
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['rows', connectionId, keyOf(place), place.publishedAt],
    queryFn: () => api.get<FirstRows>(`/connections/${connectionId}/rows?${query}`),
    ...{ retry: false, staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false },
  });
  if (error && !isFetching)
    return (
      <PanelBody>
        <FailureNotice
          failure={failureOf(error)}
          alert
          actions={<Button onClick={() => void refetch()}>Try again</Button>}
        />
      </PanelBody>
    );
  if (!data) return <Skeleton rows={6} />;
  return <RowsTable stream={place.name} {...data} />;
}

function RowsTable({ stream, columns, rows, more }: FirstRows & { stream: string }) {
  const masked = columns.some(({ personal }) => personal);
  return (
    <>
      {rows.length === 0 ? (
        <p className="empty">The table holds no rows.</p>
      ) : (
        <Table
          className="tight first-rows"
          label={`First rows of ${stream}`}
          head={columns.map(({ name, type, personal }) => (
            <th key={name} scope="col">
              {name}
              {personal && <span className="tag">masked</span>}
              <span className="sub">{type}</span>
            </th>
          ))}
        >
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no key of their own here
            <tr key={index}>
              {columns.map(({ name }) => (
                <td key={name} className={`mono nowrap ${row[name] === null ? 'faint' : ''}`}>
                  {row[name] === null ? 'null' : String(row[name])}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      )}
      <footer>
        {more
          ? `${rows.length === 1 ? '1 row' : `${rows.length} rows`} of many, in no order.`
          : `${rows.length === 1 ? 'The only row' : 'All rows'}.`}
        {masked && ' Values are masked where a column looks personal or a suite says so.'}
      </footer>
    </>
  );
}

/** Streams of two namespaces may have one name. */
function keyOf({ namespace, name }: Pick<Place, 'namespace' | 'name'>): string {
  return namespace ? `${namespace}.${name}` : name;
}
