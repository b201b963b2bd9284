'use client';

import { useState } from 'react';
import type { Drafted, Unread } from '#lib/draft/draft.ts';
import type { Operation } from '#lib/draft/from-openapi.ts';
import { Button } from '../../../_components/button.tsx';
import { Notice } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';

interface ReviewProps {
  readonly drafted: Drafted;
  readonly onOpen: () => void;
  /** Goes to where the token is entered; null where there is no such place. */
  readonly onToken: (() => void) | null;
  readonly onList: (url: string) => void;
}

/** What came of a proposal: why there is none, which lists there are to choose from, or each part with what it was seen by. */
export function DraftReview({ drafted, onOpen, onToken, onList }: ReviewProps) {
  const { unread, lists, findings } = drafted;
  if (unread)
    return <NothingRead drafted={drafted} unread={unread} onOpen={onOpen} onToken={onToken} onList={onList} />;
  const isIndex = lists.length > 1;
  return (
    <>
      {isIndex && <ChooseList lists={lists} onList={onList} />}
      <Panel
        title="Proposal"
        sub={
          isIndex
            ? 'For the address itself, if it is what you want to load.'
            : 'Everything can be changed in the editor.'
        }
        side={
          <Button kind={isIndex ? 'plain' : 'primary'} onClick={onOpen}>
            Open in the editor
          </Button>
        }
      >
        <Findings findings={findings} />
      </Panel>
    </>
  );
}

/** The API refused, or sent what can't be read: what to do comes first, going on without an answer last. */
function NothingRead({ drafted, unread, onOpen, onToken, onList }: ReviewProps & { unread: Unread }) {
  return (
    <>
      <Notice
        state="fail"
        title={unread.says}
        alert
        actions={
          <>
            {unread.reason === 'refused' && onToken && <Button onClick={onToken}>Enter the token</Button>}
            <Button kind="ghost" onClick={onOpen}>
              Go on without an answer
            </Button>
          </>
        }
      >
        {unread.words && <p>It says: “{unread.words}”</p>}
        <p>
          {drafted.findings.map(({ evidence }) => evidence).join(' ')} {unread.hint}
        </p>
      </Notice>
      {drafted.lists.length > 0 && <ChooseList lists={drafted.lists} onList={onList} />}
    </>
  );
}

function ChooseList({ lists, onList }: { lists: Drafted['lists']; onList: (url: string) => void }) {
  return (
    <Panel
      title="Which list?"
      sub={`The answer is no list itself; it names ${lists.length === 1 ? 'one' : lists.length}.`}
    >
      <ul className="starts body">
        {lists.map(({ name, url }) => (
          <li key={url}>
            <button type="button" className="start" onClick={() => onList(url)}>
              <b className="strong">{name}</b>
              <span className="muted mono small">{new URL(url).pathname}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Findings({ findings }: Pick<Drafted, 'findings'>) {
  const several = new Set(findings.map(({ stream }) => stream)).size > 2;
  return (
    <Table
      label="Proposal"
      className="cards"
      head={
        <>
          {several && <th scope="col">Stream</th>}
          <th scope="col">Part</th>
          <th scope="col">Proposed</th>
          <th scope="col">Evidence</th>
        </>
      }
    >
      {findings.map(({ stream, part, says, evidence }) => (
        <tr key={`${stream} ${part}`}>
          {several && <td data-k="Stream">{stream ?? 'all'}</td>}
          <td data-k="Part">{part.charAt(0).toUpperCase() + part.slice(1)}</td>
          <td data-k="Proposed">
            {says === 'none' ? <span className="faint">none</span> : <b className="strong">{says}</b>}
          </td>
          <td data-k="Evidence" className="muted wrap-cell wide">
            <WithCode>{evidence}</WithCode>
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Text in which names stand between backticks. */
export function WithCode({ children }: { children: string }) {
  return children.split('`').map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
    index % 2 === 1 ? <code key={index}>{part}</code> : part,
  );
}

/** The operations of a document, or the calls of a recording: those that give lists are picked to begin with. */
export function PickOperations({
  title,
  operations,
  busy,
  onPick,
}: {
  title: string;
  operations: readonly Operation[];
  busy: boolean;
  onPick: (ids: readonly string[]) => void;
}) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(
    () =>
      new Set(
        operations
          .filter(({ isList }) => isList)
          .slice(0, FIRST)
          .map(({ id }) => id),
      ),
  );
  const [filter, setFilter] = useState('');
  const toggle = (id: string) =>
    setPicked((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const wanted = operations.filter(({ id, summary }) =>
    `${id} ${summary}`.toLowerCase().includes(filter.toLowerCase()),
  );
  return (
    <Panel
      title={title}
      sub={`${picked.size} of ${operations.length} picked`}
      side={
        <>
          <input
            className="input own-search"
            type="search"
            placeholder="Filter"
            aria-label="Filter the operations"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <Button
            kind="primary"
            busy={busy}
            aria-disabled={picked.size === 0}
            onClick={() => picked.size > 0 && onPick([...picked])}
          >
            Make {picked.size} {picked.size === 1 ? 'stream' : 'streams'}
          </Button>
        </>
      }
    >
      <ul className="picks">
        {wanted.map(({ id, summary, isList }) => (
          <li key={id}>
            <label className="check">
              <input type="checkbox" checked={picked.has(id)} onChange={() => toggle(id)} />
              <code>{id}</code>
              <span className="muted small">{summary || (isList ? 'gives a list' : 'gives one object')}</span>
            </label>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** More streams than this at once are hard to look through. */
const FIRST = 20;
