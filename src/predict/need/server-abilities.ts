import type { Model } from '../../domain/model.ts';
import { toolTraits } from './tool-need.ts';

/** Services in the order of the rows below. */
const SERVERS = ['filesystem', 'github', 'notion', 'playwright', 'postgres'] as const;

/**
 * How much more or less a vendor's models succeed with a server's tools than they and the server would make one expect, on the logit scale.
 * Fitted on 30 configurations of a public benchmark of five services (MCPMark v2, 99 tasks, read 2026-11): the mean of a vendor's models,
 * drawn to none by its noise over tasks, and halved, because the models of today are newer. On tasks left out log loss falls from .5694, with
 * abilities and servers alone, to .5658; a vendor's other models foretell one's with r = .41. A vendor with fewer than two models there,
 * and one that shows nothing (Google), has none.
 */
const VENDOR_LOGITS: Readonly<Record<string, readonly number[]>> = {
  anthropic: [-0.05, 0.06, 0.02, 0.07, -0.1],
  deepseek: [-0.06, -0.07, 0.23, -0.15, 0.07],
  openai: [0.05, -0.03, 0.01, -0.08, 0.05],
  xai: [0.08, -0.1, -0.4, 0.25, 0.17],
  moonshotai: [-0.01, 0.04, -0.13, 0.13, -0.02],
  alibaba: [-0.21, 0.06, 0.06, 0.07, 0.02],
};

/** Servers of which something is known, of the tools by these names; each once, in a fixed order. */
export function knownServers(toolNames: readonly string[]): readonly string[] {
  if (toolNames.length === 0) return [];
  const named = new Set(toolNames.map((name) => toolTraits(name).server));
  return SERVERS.filter((server) => named.has(server));
}

/** What working with these servers does to a model's success, on the logit scale: the mean over them. */
export function serverShift({ vendor }: Pick<Model, 'vendor'>, servers: readonly string[]): number {
  const logits = VENDOR_LOGITS[vendor];
  if (logits === undefined || servers.length === 0) return 0;
  const of = (server: string): number => logits[SERVERS.findIndex((one) => one === server)] ?? 0;
  return servers.reduce((sum, server) => sum + of(server), 0) / servers.length;
}
