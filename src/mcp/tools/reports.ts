import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { asId, type JobId } from '../../domain/ids.ts';
import type { McpServices } from '../services.ts';
import { toolInput } from '../tool-input.ts';
import { asToolResult } from '../tool-result.ts';
import { refusePolicyFiles } from './policy-by-id.ts';
import { replayText, replayView } from './replay-view.ts';
import { usageReportText, usageView } from './usage-view.ts';

/** Kept loose towards clients, in whose prompts every list of tools stands. */
const rowSchema = z.looseObject({ key: z.string(), usd: z.number() });

/** `usage_report` and `replay_sessions`: what was spent, and what it could have been. */
export function registerReportTools(server: McpServer, services: McpServices): void {
  server.registerTool(
    'usage_report',
    {
      title: 'What was spent',
      description:
        'Dollars and tokens by model and by kind of step, of jobs and of calls through the gateway, measured from what providers reported.',
      inputSchema: toolInput({
        jobId: z.string().optional(),
        jobLimit: z.number().int().min(1).max(10_000).optional(),
      }),
      outputSchema: z.object({
        jobs: z.number(),
        gatewayCalls: z.number(),
        calls: z.number(),
        spentUsd: z.number(),
        unknownBillCalls: z.number(),
        mayHaveBilledUsd: z.number().describe('What calls whose bill is not known may have cost beyond spentUsd.'),
        byModel: z.array(rowSchema),
        byKind: z.array(rowSchema),
        alarms: z.array(z.string()),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ jobId, jobLimit }) =>
      asToolResult(
        services.log,
        async () => {
          const pointsman = await services.pointsman();
          const report = await pointsman.usageReport({
            ...(jobId === undefined ? {} : { jobId: asId<JobId>(jobId) }),
            ...(jobLimit === undefined ? {} : { jobLimit }),
          });
          return usageView(report);
        },
        usageReportText,
      ),
  );

  server.registerTool(
    'replay_sessions',
    {
      title: 'Price recorded sessions under other policies',
      description:
        'Reads the session logs that coding clients keep on this machine (or the given paths), and says whether routing would have paid: what was billed, the simplest better rule, and a row per policy. Nothing leaves the machine; no prompt text is returned.',
      inputSchema: toolInput({
        paths: z.array(z.string()).optional(),
        policies: z.array(z.string()).optional(),
        sinceDays: z.number().positive().optional(),
      }),
      outputSchema: z.object({
        verdict: z.looseObject({}),
        policies: z.array(z.looseObject({})),
        leftOutPolicies: z.number(),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async (input, { mcpReq }) =>
      asToolResult(
        services.log,
        async () => {
          refusePolicyFiles(input.policies ?? [], 'replay_sessions');
          const progressToken = mcpReq._meta?.progressToken;
          const report = await services.replaySessions(input, {
            signal: mcpReq.signal,
            onProgress: (progress, total, message) => {
              if (progressToken === undefined) return;
              const params = { progressToken, progress, message, ...(total === undefined ? {} : { total }) };
              void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
            },
          });
          return replayView(report);
        },
        replayText,
      ),
  );
}
