import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Wire } from '../../../domain/model.ts';
import { useShapeCheck } from '../../../providers/scripted/vendor-checks.ts';
import { shapesFolder } from './make-shapes.ts';

/** Where a value does not have its vendor's shape. */
interface Flaw {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ShapeCheck {
  (value: unknown): boolean;
  readonly errors?: readonly Flaw[] | null;
}

const require = createRequire(import.meta.url);
const checks = new Map<string, ShapeCheck>();

/** Whether schemas were made: not in an installation without development packages. */
export function hasShapes(): boolean {
  return existsSync(shapesFolder());
}

/** The first thing that keeps `value` from being of the vendor type `name`; `undefined`: it is one. */
export function shapeFlaw(name: string, value: unknown): string | undefined {
  let check = checks.get(name);
  if (check === undefined) checks.set(name, (check = require(path.join(shapesFolder(), `${name}.cjs`)) as ShapeCheck));
  return check(value) ? undefined : inWords(check.errors ?? []);
}

const REQUESTS: Readonly<Partial<Record<Wire, string>>> = {
  'anthropic-messages': 'ClaudeRequest',
  'openai-chat': 'OpenaiChatRequest',
  'openai-responses': 'OpenaiResponsesRequest',
  'gemini-generate-content': 'GoogleRequest',
};

/** What a vendor objects to in the shape of a request; formats without types of an SDK are not judged. */
export function requestFlaw(wire: Wire, model: string, body: unknown): string | undefined {
  const isOpenai = /^(?:gpt-\d|o\d|chatgpt)/u.test(model);
  const name = wire === 'openai-chat' && !isOpenai ? 'CompatibleChatRequest' : REQUESTS[wire];
  return name === undefined ? undefined : shapeFlaw(name, body);
}

/** From now on every scripted server of this process refuses what does not fit the types. */
export function holdVendorsToTypes(): void {
  useShapeCheck(({ wire, model, body }) => requestFlaw(wire, model, body));
}

/** Of the alternatives of a union, the one that came furthest says best what is wrong. */
function inWords(flaws: readonly Flaw[]): string {
  const depth = ({ instancePath }: Flaw): number => instancePath.split('/').length;
  const said = flaws.filter(({ keyword }) => keyword !== 'anyOf');
  const deepest = Math.max(...said.map(depth));
  const rank = ['additionalProperties', 'required', 'enum', 'const', 'type'];
  const order = ({ keyword }: Flaw): number => (rank.includes(keyword) ? rank.indexOf(keyword) : rank.length);
  const [best] = said.filter((flaw) => depth(flaw) === deepest).sort((a, b) => order(a) - order(b));
  if (best === undefined) return 'not of the documented shape';
  const extra = best.params['additionalProperty'];
  const where = best.instancePath.slice(1).replaceAll('/', '.');
  return `${where}: ${best.message ?? best.keyword}${extra === undefined ? '' : ` (${JSON.stringify(extra)})`}`;
}
