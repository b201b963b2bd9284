import { chooseModels } from './choose-model.ts';
import { createLine, LEAST_HISTORY, type Line } from './line.ts';
import type { Judgement, Options, Point } from './series.ts';

/** Models are chosen again when the history has grown by this factor, and at the latest after so many points. */
const GROWTH = 1.25;
const GROWTH_LATE = 1.5;
const LATE = 400;
const CHOOSE_EVERY = 4_000;
/** The history that models are chosen from, and how far it may outgrow that before it is cut. */
const MEMORY = 6_000;
const SLACK = 3_000;
/** Numbers beyond this are no measurements: their squares could not be summed. */
const LARGEST = 1e100;

export interface Detector {
  /** Judges the next point, then learns from it. */
  step(point: Point): Judgement;
}

/**
 * Judges a series point by point. Every judgement was made before its point was learned from, so that judging a history
 * from its start is the back-test of what would have been said on each day.
 */
export function createDetector(options: Options = {}): Detector {
  let points: Known[] = [];
  let line: Line | null = null;
  let chooseAt = LEAST_HISTORY;
  return {
    step(point) {
      if (!isKnown(point)) return SILENT;
      const judgement = line?.step(point) ?? SILENT;
      points.push(point);
      if (points.length > MEMORY + SLACK) {
        chooseAt -= points.length - MEMORY;
        points = points.slice(-MEMORY);
      }
      if (points.length >= chooseAt) {
        chooseAt = nextChoice(points.length);
        line = chosenLine(points, options);
      }
      return judgement;
    },
  };
}

type Known = Point & { readonly value: number };

function isKnown(point: Point): point is Known {
  return point.value !== null && Math.abs(point.value) <= LARGEST;
}

/** The whole series at once. */
export function detect(points: readonly Point[], options: Options = {}): Judgement[] {
  const detector = createDetector(options);
  return points.map((point) => detector.step(point));
}

/** Judges one point after a history, with models chosen for all of it: what a check asks. */
export function judgeNext(history: readonly Point[], point: Point, options: Options = {}): Judgement {
  const known = history.filter(isKnown).slice(-MEMORY);
  if (!isKnown(point) || known.length < LEAST_HISTORY) return SILENT;
  return chosenLine(known, options).step(point);
}

const SILENT: Judgement = {
  score: 0,
  isAnomaly: false,
  isNew: false,
  excuse: null,
  band: null,
  season: null,
  lens: 'linear',
};

function nextChoice(count: number): number {
  const grown = Math.floor(count * (count < LATE ? GROWTH : GROWTH_LATE));
  return Math.min(Math.max(count + 1, grown), count + CHOOSE_EVERY);
}

/** Chooses models for the history and lets them live through it, so that they know their own errors. */
function chosenLine(points: readonly Known[], options: Options): Line {
  const used = points.filter(({ feedback }) => feedback !== 'excluded');
  const history = { times: used.map(({ at }) => at), values: used.map(({ value }) => value) };
  const line = createLine(chooseModels(history, options.offsetAt ?? (() => 0)), history.times, options);
  for (const point of points) line.step(point);
  return line;
}
