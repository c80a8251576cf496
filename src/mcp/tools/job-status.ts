import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { asId, type JobId } from '../../domain/ids.ts';
import { jobViewShape, toJobView } from '../job-view.ts';
import type { McpServices } from '../services.ts';
import { asToolResult } from '../tool-result.ts';
import { MAX_WAIT_SECONDS } from './run-job.ts';

const POLL_MS = 200;
export function registerJobStatus(server: McpServer, services: McpServices): void {
  server.registerTool(
    'job_status',
    {
      title: 'Status of a job',
      description: 'How far a job is, what it has cost, and what it waits for. waitSeconds waits for it to end.',
      inputSchema: z.strictObject({
        jobId: z.string(),
        waitSeconds: z.number().min(0).max(MAX_WAIT_SECONDS).optional(),
        cancel: z.boolean().optional().describe('Stop the job; it stays resumable.'),
      }),
      outputSchema: jobViewShape,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    async ({ jobId, waitSeconds, cancel }, extra) =>
      asToolResult(services.log, async () => {
        const id = asId<JobId>(jobId);
        const pointsman = await services.pointsman();
        if (cancel === true) return toJobView(await pointsman.cancelJob(id));
        const polls = Math.ceil(((waitSeconds ?? 0) * 1000) / POLL_MS);
        let report = await pointsman.jobStatus(id);
        for (let poll = 0; poll < polls && report.status === 'running' && !extra.signal.aborted; poll += 1) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          report = await pointsman.jobStatus(id);
        }
        return toJobView(report);
      }),
  );
}
