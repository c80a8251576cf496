import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type SessionId } from '../../domain/ids.ts';
import { MODALITIES } from '../../domain/model.ts';
import { usdFromNano } from '../../domain/money.ts';
import { NEED_SIZES } from '../../domain/need.ts';
import { STEP_KINDS, STEP_MODES } from '../../domain/step.ts';
import { difficultySchema, stakesSchema } from '../../orchestrator/model/contracts.ts';
import type { RouteAdvice, RouteStepRequest } from '../../orchestrator/model/pointsman.ts';
import type { McpServices } from '../services.ts';
import { toolInput } from '../tool-input.ts';
import { asToolResult } from '../tool-result.ts';
import { requirePolicyId } from './policy-by-id.ts';

const inputShape = {
  text: z.string().describe('What the step should do.'),
  kind: z.enum(STEP_KINDS).optional().describe('Left out, it is read from the words, like the next three.'),
  size: z.enum(NEED_SIZES).optional().describe('Calls it takes: one, few (2-5), many (6-20), long.'),
  difficulty: difficultySchema.optional().describe('1 any small model does it … 5 frontier models often fail.'),
  stakes: stakesSchema.optional().describe('A failure costs 1 minutes, 2 hours, 3 production, data, money or health.'),
  sessionId: z.string().optional().describe('Your session, so that warmth and spending add up.'),
  currentModel: z.string().optional().describe('The model in use now, by exact id.'),
  transcriptTokens: z.number().int().min(0).optional(),
  secondsSinceLastCall: z.number().min(0).optional().describe('With currentModel: how old its warm prefix is.'),
  modes: z.array(z.enum(STEP_MODES)).min(1).optional(),
  requiredTools: z.array(z.string()).optional().describe('Tools that the step cannot do without, by name.'),
  inputModalities: z
    .array(z.enum(MODALITIES))
    .optional()
    .describe('What the input holds beside text: image, pdf, audio, video. Models that do not read it are left out.'),
  tools: z.array(z.string()).max(2000).optional().describe('Names of all tools of your session.'),
  models: z.array(z.string()).min(1).optional().describe('Only these models, by exact id.'),
  nextKinds: z.array(z.enum(STEP_KINDS)).max(20).optional().describe('Kinds of the steps that follow, in order.'),
  deadlineSeconds: z.number().positive().max(172_800).optional().describe('Nobody waits: may cost half.'),
  policy: z.string().optional(),
  dial: z.number().min(0).max(10).optional(),
};

const adviceSchema = z.object({
  decisionId: z.string(),
  decision: z.enum(['stay', 'switch', 'escalate', 'refuse']),
  model: z.string().nullable(),
  mode: z.string().nullable(),
  why: z.string(),
  missing: z.string().nullable(),
  alternatives: z.array(
    z.looseObject({ model: z.string(), mode: z.string(), expectedUsd: z.number(), moreUsd: z.number() }),
  ),
  rejected: z.array(z.looseObject({ model: z.string(), why: z.string() })),
});

export function registerRouteStep(server: McpServer, services: McpServices, now: () => number): void {
  server.registerTool(
    'route_step',
    {
      title: 'Ask which model a step needs',
      description:
        'Advice only, nothing is run: which model and context mode (continue, handoff, isolate) a step should go to, why, and what the alternatives would cost in dollars, counting warm prompt caches and the steps that follow.',
      inputSchema: toolInput(inputShape),
      outputSchema: adviceSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ secondsSinceLastCall, deadlineSeconds, sessionId, ...rest }) =>
      asToolResult(services.log, async () => {
        if (rest.text.trim() === '') throw new PointsmanError('request-invalid', 'The text of the step is empty.');
        const request = withoutUndefined({
          ...rest,
          sessionId: sessionId === undefined ? undefined : asId<SessionId>(sessionId),
          deadlineMs: deadlineSeconds === undefined ? undefined : deadlineSeconds * 1000,
          lastCallAt: secondsSinceLastCall === undefined ? undefined : now() - secondsSinceLastCall * 1000,
        });
        const pointsman = await services.pointsman();
        requirePolicyId(pointsman, rest.policy, 'route_step');
        return adviceView(await pointsman.routeStep(request as unknown as RouteStepRequest));
      }),
  );
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

function adviceView(advice: RouteAdvice): Record<string, unknown> {
  return {
    decisionId: advice.decisionId,
    decision: advice.decision.kind,
    model: advice.model ?? null,
    mode: advice.mode ?? null,
    why: advice.why,
    missing: advice.missing ?? null,
    alternatives: advice.alternatives.map((other) => ({
      model: other.model,
      mode: other.mode,
      expectedUsd: usdFromNano(other.totalNanoUsd),
      moreUsd: usdFromNano(other.moreNanoUsd),
    })),
    rejected: advice.decision.rejected.slice(0, MAX_REJECTED).map((row) => ({ ...row, mode: row.mode ?? null })),
  };
}

const MAX_REJECTED = 20;
