import type { Hono } from 'hono';
import { onStepFinished } from '#lib/alerts/step-finished.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Automation, getAutomation, setAutomation } from '#lib/pipelines/automation.ts';
import { cancelCommandRun, getCommandRun, listCommandRuns } from '#lib/pipelines/command-runs.ts';
import { readCommands } from '#lib/pipelines/commands.ts';
import { type DbtReport, readRunResults, saveDbtReport } from '#lib/pipelines/dbt-results.ts';
import { listPipelines } from '#lib/pipelines/pipelines.ts';
import { assertConnection, listReports } from '#lib/pipelines/reports.ts';
import { hasFailed, saveTrainingReport, type TrainingInput } from '#lib/pipelines/training-reports.ts';
import { anyObject, nullable, readBody, readBytes, shape, text, uuid } from '../body.ts';
import { as, asId, created, type Door, type DoorEnv, idOf, numberOf } from '../door.ts';
import { badRequest } from '../failures.ts';

/** A results file holds the SQL of every node. */
const RESULTS_BYTES = 64_000_000;

const automation = shape(
  {
    afterConnectionId: nullable(uuid),
    channelIds: { type: 'array', items: uuid, maxItems: 50 },
    commands: { type: 'array', items: text, maxItems: 50 },
  },
  ['afterConnectionId', 'channelIds', 'commands'],
);
const training = shape(
  { model_version: text, accuracy: nullable({ type: 'number' }), status: text, finished_at: text },
  ['model_version', 'status', 'finished_at'],
);
/** As dbt writes it: more fields than these, in every version others. */
const runResults: JsonObject = {
  ...anyObject,
  required: ['metadata', 'results'],
  properties: { metadata: anyObject, results: { type: 'array' } },
};

/** What starts connections, what follows their syncs, and what is reported of it. */
export function pipelineRoutes(app: Hono<DoorEnv>): void {
  app.get('/pipelines', as('viewer'), async (c) =>
    c.json(await listPipelines(c.get('context'), c.get('identity').workspaceId)),
  );
  app.get('/commands', as('viewer'), (c) => {
    const commands = readCommands(c.get('context').env);
    return c.json(commands.map(({ name, description, timeoutMinutes }) => ({ name, description, timeoutMinutes })));
  });
  app.get('/connections/:id/automation', as('viewer'), async (c) =>
    c.json(await getAutomation(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.put('/connections/:id/automation', as('editor', 'connection.automate', automation), async (c) => {
    const input = await readBody<Automation>(c.req.raw, automation);
    await setAutomation(c.get('context'), c.get('identity').workspaceId, idOf(c), input);
    return c.json(await getAutomation(c.get('context'), c.get('identity').workspaceId, idOf(c)));
  });

  app.get('/command-runs', as('viewer'), async (c) => {
    const { connectionId } = c.req.query();
    const of = connectionId ? { connectionId: asId(connectionId) } : {};
    return c.json(await listCommandRuns(c.get('context'), c.get('identity').workspaceId, of));
  });
  app.get('/command-runs/:id', as('viewer'), async (c) =>
    c.json(await getCommandRun(c.get('context'), c.get('identity').workspaceId, numberOf(c.req.param('id')))),
  );
  app.post('/command-runs/:id/cancel', as('editor', 'command.cancel'), async (c) => {
    const { workspaceId, actor } = c.get('identity');
    const id = numberOf(c.req.param('id'));
    await cancelCommandRun(c.get('context'), workspaceId, id, actor);
    return c.json({ id });
  });

  app.get('/connections/:id/reports', as('viewer'), async (c) =>
    c.json(await listReports(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.post('/connections/:id/dbt-results', as('editor', 'dbt.report', runResults), takeDbtResults);
  app.post('/connections/:id/training-reports', as('editor', 'training.report', training), takeTraining);
}

async function takeDbtResults(c: Door): Promise<Response> {
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  const connectionId = idOf(c);
  await assertConnection(context.db, workspaceId, connectionId);
  const report = readRunResults(parsed(await readBytes(c.req.raw, RESULTS_BYTES)));
  const id = await context.db.transaction().execute(async (tx) => {
    const { id, isNewest } = await saveDbtReport(tx, { workspaceId, connectionId, commandRunId: null }, report);
    const lines = report.problems.slice(0, 5).map(({ name, status, message }) => `• ${name}: ${status} ${message}`);
    const failure = report.status === 'error' ? `dbt failed: ${countsOf(report)}.` : null;
    if (isNewest)
      await onStepFinished(tx, context, { workspaceId, connectionId, syncId: null, step: 'dbt', failure, lines });
    return id;
  });
  const { modelsRun, modelsFailed, testsPassed, testsFailed, testsWarned, status } = report;
  const counts = { status, modelsRun, modelsFailed, testsPassed, testsFailed, testsWarned };
  return created(c, 'dbt_report', { id, ...counts });
}

async function takeTraining(c: Door): Promise<Response> {
  const context = c.get('context');
  const { workspaceId, actor } = c.get('identity');
  const connectionId = idOf(c);
  await assertConnection(context.db, workspaceId, connectionId);
  const input = await readBody<TrainingInput>(c.req.raw, training);
  const row = await context.db.transaction().execute(async (tx) => {
    const saved = await saveTrainingReport(tx, { workspaceId, connectionId, reportedBy: actor }, input);
    const failure = hasFailed(input.status) ? `the training of ${input.model_version} ended as ${input.status}.` : null;
    const finished = { workspaceId, connectionId, syncId: null, step: 'Training', failure, lines: [] };
    await onStepFinished(tx, context, finished);
    return saved;
  });
  return created(c, 'training_report', row);
}

function countsOf({ modelsFailed, testsFailed }: DbtReport): string {
  const parts = [modelsFailed > 0 && `${modelsFailed} models`, testsFailed > 0 && `${testsFailed} tests`];
  return parts.filter(Boolean).join(' and ') || 'see its results';
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw badRequest(`The body is no JSON: ${(error as Error).message}`);
  }
}
