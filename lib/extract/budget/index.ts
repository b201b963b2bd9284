import { apiBudget } from './api-budget.ts';
import { fixedWindow } from './fixed-window.ts';
import { movingWindow } from './moving-window.ts';
import { rate } from './rate.ts';
import { requestMatcher } from './request-matcher.ts';
import { unlimited } from './unlimited.ts';

export const budgetKinds = [apiBudget, fixedWindow, movingWindow, unlimited, rate, requestMatcher];
