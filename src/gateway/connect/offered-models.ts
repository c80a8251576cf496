/** What a harness is told of the models that are routed: what every model they may go to has. */
export const OFFERED_MODELS = [
  { id: 'auto', name: 'Auto', contextTokens: 200_000, outputTokens: 32_000 },
  { id: 'auto-frontier', name: 'Auto, most capable', contextTokens: 200_000, outputTokens: 32_000 },
  { id: 'auto-fast', name: 'Auto, cheapest', contextTokens: 200_000, outputTokens: 32_000 },
] as const;
