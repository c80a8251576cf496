import { z } from 'zod';

/**
 * What a client writes into the arguments of every tool, and means for itself alone: Gemini CLI offers its model this one beside a
 * tool's own and does not take it out again (0.61, seen 2026-11-30).
 */
const OF_CLIENTS: ReadonlySet<string> = new Set(['wait_for_previous']);

/**
 * The arguments of a tool. One that nobody knows is refused: what is dropped without a word would seem to hold. A client's own business
 * is taken out before.
 */
export function toolInput<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodPreprocess<z.ZodObject<Shape, z.core.$strict>> {
  return z.preprocess(withoutClientArguments, z.strictObject(shape));
}

function withoutClientArguments(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(Object.entries(given).filter(([name]) => !OF_CLIENTS.has(name)));
}
