'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Failure, Issue } from '#lib/errors.ts';
import type { Exchange } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import { ApiError, api, failureOf } from '../../../_components/api.ts';
import { followEvents } from '../../../_components/events.ts';

export interface TestPage {
  readonly slice: string;
  readonly page: number;
  readonly records: readonly JsonObject[];
  readonly raw?: readonly JsonObject[];
  readonly read: number;
  readonly filtered: number;
}

/** What a template of the manifest came to by what was read last. */
export interface TemplateValue {
  readonly template: string;
  readonly value: string;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly at?: string;
}

export interface TestRun {
  readonly status: 'idle' | 'running' | 'done' | 'failed' | 'stopped';
  readonly stream: string;
  /** The text that was tested, and those that differ from it in their tests alone: to tell when the draft has moved on. */
  readonly manifests: readonly string[];
  readonly startedAt: number;
  readonly durationMs: number;
  readonly pages: readonly TestPage[];
  readonly exchanges: readonly Exchange[];
  readonly log: readonly LogLine[];
  readonly state: JsonObject | null;
  readonly templates: readonly TemplateValue[];
  readonly failure: Failure | null;
  /** What is wrong with what was to be tested, where it never began. */
  readonly issues: readonly Issue[];
  /** The records of the run before, each as JSON, when this one reads on from its state. */
  readonly before: ReadonlySet<string> | null;
  /** What the API answered in the last test of this stream that asked it, to be read again or kept as a test. */
  readonly recording: Recording | null;
  /** The recording was read in place of the API. */
  readonly replayed: boolean;
}

/** Without secrets and without what it expects; or why it could not be kept. */
export type Recording = Recorded | { readonly refused: string };

export interface Recorded {
  readonly test: ManifestTest;
  /** The read ended with a failure: so it will as a test. */
  readonly failed: boolean;
}

type ProbeEvent =
  | ({ type: 'page' } & TestPage)
  | { type: 'exchange'; exchange: Exchange }
  | ({ type: 'log' } & LogLine)
  | { type: 'state'; state: JsonObject }
  | { type: 'failure'; failure: Failure }
  | { type: 'templates'; templates: readonly TemplateValue[] }
  | ({ type: 'recording' } & Recording)
  | { type: 'result' }
  | { type: 'done' };

export interface TestInput {
  readonly manifest: string;
  readonly config: JsonObject;
  readonly stream: string;
  readonly limits: { maxSlices: number; maxPages: number; maxRecords: number };
  readonly state: JsonObject | null;
  readonly faults: readonly string[];
  readonly replay: ManifestTest | null;
}

const IDLE: TestRun = {
  ...{ status: 'idle', stream: '', manifests: [], startedAt: 0, durationMs: 0 },
  ...{ pages: [], exchanges: [], log: [], templates: [], state: null, failure: null, issues: [], before: null },
  ...{ recording: null, replayed: false },
};

/** Reads one stream with the real engine, in a worker's child, and shows what comes as it comes. */
export function useTestRead() {
  const [run, setRun] = useState<TestRun>(IDLE);
  const current = useRef<{ probeId: string | null; stop: () => void } | null>(null);

  const stop = useCallback(() => {
    const { probeId, stop: unfollow } = current.current ?? {};
    unfollow?.();
    current.current = null;
    if (probeId) void api.delete(`/probes/${probeId}`).catch(() => undefined);
    setRun((old) =>
      old.status === 'running' ? { ...old, status: 'stopped', durationMs: Date.now() - old.startedAt } : old,
    );
  }, []);

  const start = useCallback(
    async (input: TestInput) => {
      stop();
      const startedAt = Date.now();
      const mine: { probeId: string | null; stop: () => void } = { probeId: null, stop: () => {} };
      current.current = mine;
      setRun((old) => ({
        ...{ ...IDLE, status: 'running', stream: input.stream, manifests: [input.manifest], startedAt },
        ...{ replayed: input.replay !== null, recording: stillGood(old, input) ? old.recording : null },
        before:
          input.state === null
            ? null
            : new Set(old.pages.flatMap((page) => page.records.map((record) => JSON.stringify(record)))),
      }));
      try {
        const { probeId } = await api.post<{ probeId: string }>('/probes', questionOf(input));
        if (current.current !== mine) return;
        mine.probeId = probeId;
        mine.stop = followEvents<ProbeEvent>(`/probes/${probeId}/events`, (event) =>
          setRun((old) => apply(old, event)),
        );
      } catch (error) {
        const issues = error instanceof ApiError ? error.issues : [];
        const failed = { status: 'failed' as const, failure: failureOf(error), issues };
        setRun((old) => ({ ...old, ...failed, durationMs: Date.now() - startedAt }));
      }
    },
    [stop],
  );

  /** The second text stands for the first one: only the tests in it have changed. */
  const alsoFor = useCallback(
    (before: string, after: string) =>
      setRun((old) => (old.manifests.includes(before) ? { ...old, manifests: [...old.manifests, after] } : old)),
    [],
  );

  useEffect(() => () => current.current?.stop(), []);
  return { run, start, stop, alsoFor };
}

/** A read that is itself recorded takes the place of the recording before. */
function stillGood({ stream }: TestRun, input: TestInput): boolean {
  return stream === input.stream && (input.replay !== null || input.faults.length > 0);
}

/** Over a recording the config is the recording's: it goes out without secrets. */
function questionOf({ replay, config, ...input }: TestInput): object {
  return { kind: 'test_read', ...input, ...(replay ? { replay } : { config }) };
}

/** One event onto what is shown. */
export function apply(run: TestRun, event: ProbeEvent): TestRun {
  const durationMs = Date.now() - run.startedAt;
  switch (event.type) {
    case 'page':
      return { ...run, durationMs, pages: [...run.pages, event] };
    case 'exchange':
      return { ...run, durationMs, exchanges: [...run.exchanges, event.exchange] };
    case 'log':
      return { ...run, durationMs, log: [...run.log, event] };
    case 'state':
      return { ...run, durationMs, state: event.state };
    case 'templates':
      return { ...run, templates: event.templates };
    case 'recording':
      return {
        ...run,
        recording: 'test' in event ? { test: event.test, failed: event.failed } : { refused: event.refused },
      };
    case 'failure':
      return { ...run, durationMs, status: 'failed', failure: event.failure };
    case 'done':
      return { ...run, durationMs, status: run.status === 'running' ? 'done' : run.status };
    default:
      return run;
  }
}
