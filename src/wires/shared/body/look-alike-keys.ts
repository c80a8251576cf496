/** What decisions about money, models, tenants and transcripts read at the root of a body, as the formats write it. */
const READ_BY_DECISIONS: readonly string[] = `
  model messages input contents system instructions systemInstruction system_instruction tools functions mcp_servers requests
  stream stream_options n thinking service_tier max_tokens max_completion_tokens max_output_tokens generationConfig
  generation_config previous_response_id conversation cachedContent cached_content prompt_cache_key metadata client_metadata
  session_id
`
  .trim()
  .split(/\s+/u);

const SPELLINGS: ReadonlyMap<string, string> = new Map(READ_BY_DECISIONS.map((key) => [folded(key), key]));

/**
 * A key that some servers take for one that a decision reads, and we do not: those written in Go obey a key in any case, some in C
 * read it up to its first zero. `undefined`: none.
 */
export function lookAlikeKey(body: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(body).find((key) => {
    const meant = SPELLINGS.get(folded(key));
    return meant !== undefined && meant !== key;
  });
}

/** Upper case first: it knows that a long s is one. */
function folded(key: string): string {
  const end = key.indexOf('\0');
  return (end < 0 ? key : key.slice(0, end)).toUpperCase().toLowerCase();
}
