import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { VENDOR_KEY, VENDOR_MODELS } from './call-vendor.ts';
import type { Place } from './fleet.ts';

/** Where gateways find the models of the counting vendor, and their store. */
export function gatewayPlace(dir: string, address: string, vendorUrl: string): Place {
  const config = path.join(dir, 'gateways.yaml');
  const rows = Object.entries(VENDOR_MODELS).map(
    ([name, { input, output, cacheRead }], index) =>
      `  - { id: bed/${name}, endpoint: bed, wireModel: ${name}, usdPerMTok: { input: ${input}, output: ${output}, cacheRead: ${cacheRead} }, cacheRule: openai-prefix, contextTokens: 131072, toolCalling: true, abilityIndex: ${index === 0 ? 60 : 35} }`,
  );
  writeFileSync(
    config,
    `endpoints:\n  bed: { baseUrl: "${vendorUrl}/v1", apiKeyName: BED_KEY }\nmodels:\n${rows.join('\n')}\n`,
  );
  return {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      NODE_COMPILE_CACHE: path.join(dir, 'compiled'),
      POINTSMAN_CONFIG: config,
      POINTSMAN_STORE: address,
      BED_KEY: VENDOR_KEY,
    },
  };
}
