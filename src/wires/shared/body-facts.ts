import type { Wire } from '../../domain/model.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import { fieldsIn, listIn, type Fields } from './fields.ts';

/** The messages of a request, or its input items. */
export function transcriptOf(wire: Wire, body: Fields): readonly unknown[] {
  if (wire !== 'openai-responses') return listIn(body['messages']);
  const { input } = body;
  return typeof input === 'string' ? [{ role: 'user', content: input }] : listIn(input);
}

/** What stands before the transcript in the vendor's order; a change of it makes every cache cold. */
export function headOf(wire: Wire, body: Fields): readonly unknown[] {
  const system = wire === 'anthropic-messages' ? body['system'] : body['instructions'];
  return [{ system, tools: body['tools'] ?? [] }];
}

/** The effort that the caller asked for; another effort is another cache. */
export function effortOf(wire: Wire, body: Fields): Effort | undefined {
  const value =
    wire === 'anthropic-messages'
      ? fieldsIn(body['output_config'])['effort']
      : wire === 'openai-chat'
        ? body['reasoning_effort']
        : fieldsIn(body['reasoning'])['effort'];
  return EFFORTS.includes(value as Effort) ? (value as Effort) : undefined;
}
