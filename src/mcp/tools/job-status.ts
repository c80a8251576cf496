import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { asId, type JobId } from '../../domain/ids.ts';
import { jobViewSchema, toJobView } from '../job-view.ts';
import type { McpServices } from '../services.ts';
import { toolInput } from '../tool-input.ts';
import { asToolResult } from '../tool-result.ts';
import { MAX_WAIT_SECONDS } from './run-job.ts';

const POLL_MS = 200;
export function registerJobStatus(server: McpServer, services: McpServices): void {
  server.registerTool(
    'job_status',
    {
      title: 'Status of a job',
      description: 'How far a job is, what it has cost, and what it waits for. waitSeconds waits for it to end.',
      inputSchema: toolInput({
        jobId: z.string(),
        waitSeconds: z.number().min(0).max(MAX_WAIT_SECONDS).optional(),
        cancel: z.boolean().optional().describe('Stop the job; it stays resumable.'),
      }),
      outputSchema: jobViewSchema,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    async ({ jobId, waitSeconds, cancel }, context) =>
      asToolResult(services.log, async () => {
        const id = asId<JobId>(jobId);
        const pointsman = await services.pointsman();
        if (cancel === true) return toJobView(await pointsman.cancelJob(id));
        const polls = Math.ceil(((waitSeconds ?? 0) * 1000) / POLL_MS);
        let report = await pointsman.jobStatus(id);
        for (let poll = 0; poll < polls && report.status === 'running' && !context.mcpReq.signal.aborted; poll += 1) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          report = await pointsman.jobStatus(id);
        }
        return toJobView(report);
      }),
  );
}
