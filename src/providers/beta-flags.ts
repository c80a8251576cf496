import type { HostKind } from '../wires/shared/endpoint-config.ts';

/** Bedrock refuses a body that asks for others. AWS, "Anthropic Claude Messages API", beta headers, read 2026-11. */
const AT_BEDROCK: ReadonlySet<string> = new Set([
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'token-efficient-tools-2025-02-19',
  'interleaved-thinking-2025-05-14',
  'output-128k-2025-02-19',
  'dev-full-thinking-2025-05-14',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'tool-search-tool-2025-10-19',
  'tool-examples-2025-10-29',
  // platform.claude.com/docs, per-message effort: "send the beta value in the anthropic_beta array of the request body", read 2026-11-30.
  'mid-conversation-output-config-2026-07-01',
]);

/** The flags of an `anthropic-beta` header that a host takes, and those that are left out there; `undefined`: the vendor's own address. */
export function betasAt(
  host: HostKind | undefined,
  header: string | undefined,
): { readonly taken: readonly string[]; readonly dropped: readonly string[] } {
  const flags = (header ?? '').split(',').map((flag) => flag.trim());
  const named = flags.filter((flag) => flag !== '');
  if (host !== 'bedrock') return { taken: named, dropped: [] };
  return {
    taken: named.filter((flag) => AT_BEDROCK.has(flag)),
    dropped: named.filter((flag) => !AT_BEDROCK.has(flag)),
  };
}

const BETA_HEADER = 'anthropic-beta';

/** The flags that headers name, with those that a body needs besides; nothing where they are all there. */
export function betaHeader(
  headers: Readonly<Record<string, string>>,
  needed: readonly string[],
): Readonly<Record<string, string>> {
  const { taken } = betasAt(undefined, headers[BETA_HEADER]);
  const missing = needed.filter((flag) => !taken.includes(flag));
  return missing.length === 0 ? {} : { [BETA_HEADER]: [...taken, ...missing].join(',') };
}
