import { McpServer } from '@modelcontextprotocol/server';
import { registerPrompts } from './prompts.ts';
import { registerResources } from './resources.ts';
import type { McpServices } from './services.ts';
import { registerTasks } from './tasks.ts';
import { registerDecisionTools } from './tools/decisions.ts';
import { registerJobStatus } from './tools/job-status.ts';
import { registerReportTools } from './tools/reports.ts';
import { registerRouteStep } from './tools/route-step.ts';
import { registerRunJob } from './tools/run-job.ts';

/** Codex reads the first 512 characters of this (0.169, seen 2026-11-21): the essentials come first. */
const INSTRUCTIONS = `pointsman routes agent work: run_job breaks a task into plan, code, review, test and summarize steps and sends each to the model that earns it, pricing warm prompt caches and what follows. route_step only advises. Long jobs return a jobId; poll job_status. A paused job asks a question: answer through run_job with its jobId. explain_decision tells why in dollars; record_outcome teaches; usage_report and replay_sessions show what was and what could have been spent.`;

/**
 * One MCP server for one client connection, or for one request where the revision knows no connections. It speaks all revisions with
 * the same tools and holds no state of its own: jobs live in `services.pointsman`.
 */
export function createMcpServer(services: McpServices, now: () => number): McpServer {
  const server = new McpServer(
    { name: 'pointsman', title: 'pointsman', version: services.version },
    { instructions: INSTRUCTIONS, capabilities: { logging: {} } },
  );
  registerRunJob(server, services, now);
  registerJobStatus(server, services);
  registerRouteStep(server, services, now);
  registerDecisionTools(server, services);
  registerReportTools(server, services);
  registerResources(server, services);
  registerPrompts(server);
  registerTasks(server, services, now);
  return server;
}
