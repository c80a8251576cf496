import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { asId, type DecisionId } from '../../domain/ids.ts';
import type { McpServices } from '../services.ts';
import { toolInput } from '../tool-input.ts';
import { asToolResult } from '../tool-result.ts';

/** `explain_decision` and `record_outcome`: what was decided, and what came of it. */
export function registerDecisionTools(server: McpServer, services: McpServices): void {
  server.registerTool(
    'explain_decision',
    {
      title: 'Explain a decision',
      description:
        'Why a model was chosen: every candidate with its expected cost in dollars and the reason each loser lost. whyNot MODEL or MODEL/MODE tells what that one would have cost.',
      inputSchema: toolInput({ decisionId: z.string(), whyNot: z.string().optional() }),
      outputSchema: z.object({ decisionId: z.string(), decision: z.string(), text: z.string() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ decisionId, whyNot }) =>
      asToolResult(services.log, async () => {
        const pointsman = await services.pointsman();
        const explanation = await pointsman.explainDecision(
          asId<DecisionId>(decisionId),
          whyNot === undefined ? {} : { whyNot },
        );
        return {
          decisionId: explanation.decisionId,
          decision: explanation.decision.kind,
          text: explanation.text,
        };
      }),
  );

  server.registerTool(
    'record_outcome',
    {
      title: 'Report what came of a decision',
      description:
        'Tells the router how a routed step turned out, so that it learns: good_fit, underpowered, overprovisioned or failed; reward is your own figure; truth says whether the check was right.',
      inputSchema: toolInput({
        decisionId: z.string(),
        verdict: z.enum(['good_fit', 'underpowered', 'overprovisioned', 'failed']),
        reward: z.number().optional(),
        truth: z.enum(['right', 'wrong']).optional(),
        note: z.string().max(2000).optional(),
      }),
      outputSchema: z.object({ decisionId: z.string(), verdict: z.string(), recordedAt: z.string() }),
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    },
    async ({ decisionId, verdict, reward, truth, note }) =>
      asToolResult(services.log, async () => {
        const pointsman = await services.pointsman();
        const outcome = await pointsman.recordOutcome({
          decisionId: asId<DecisionId>(decisionId),
          verdict,
          principal: 'mcp',
          ...(reward === undefined ? {} : { reward }),
          ...(truth === undefined ? {} : { truth }),
          ...(note === undefined ? {} : { note }),
        });
        return { decisionId, verdict: outcome.verdict, recordedAt: new Date(outcome.at).toISOString() };
      }),
  );
}
