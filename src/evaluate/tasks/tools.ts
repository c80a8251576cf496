import { isDeepStrictEqual } from 'node:util';
import { textIn, type JsonObject } from '../../domain/json.ts';
import type { Difficulty } from '../../domain/need.ts';
import type { ToolSpec } from '../../domain/transcript.ts';
import type { MadeCall, TaskBody, TaskTurn } from '../task.ts';
import { type TaskDraw, differentWords } from './draw.ts';
import { lastNumber } from './maths.ts';

/** A small office that is seen through tools alone: people have ids, ids have orders, orders have totals. */
interface Office {
  readonly people: ReadonlyMap<string, number>;
  readonly orders: ReadonlyMap<number, readonly number[]>;
  readonly totals: ReadonlyMap<number, number>;
}

/** How many people the question is about, and how far it goes. */
const SHAPES: Readonly<Record<Difficulty, { readonly people: number; readonly asks: 'id' | 'orders' | 'totals' }>> = {
  1: { people: 1, asks: 'id' },
  2: { people: 1, asks: 'orders' },
  3: { people: 1, asks: 'totals' },
  4: { people: 2, asks: 'totals' },
  5: { people: 4, asks: 'totals' },
};

/** Graded by the calls made and by what they come to: nothing can be known without them. */
export function toolsTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const { people, asks } = SHAPES[difficulty];
  const names = differentWords(draw, people);
  const office = drawOffice(draw, names);
  const needed = neededCalls(office, names, asks);
  const result = resultOf(office, names, asks);
  const answer = (call: MadeCall): string => answerOf(office, call);
  const turns: readonly TaskTurn[] = [...needed.map((calls): TaskTurn => ({ calls })), { text: `It is ${result}` }];
  return {
    prompt: `${question(names, asks)} Use the tools; change nothing. End with a line that holds the number alone.`,
    tools: TOOLS,
    toolAnswer: answer,
    isRight: ({ text, calls }) =>
      needed.flat().every((call) => calls.some((made) => isDeepStrictEqual(made, call))) &&
      calls.every(({ name }) => name !== 'delete_order') &&
      lastNumber(text) === result,
    right: turns,
    wrong: [...turns.slice(0, -1), { text: `It is ${result + 1}` }],
  };
}

function drawOffice(draw: TaskDraw, names: readonly string[]): Office {
  const ids = draw.some(
    Array.from({ length: 800 }, (_, index) => 100 + index),
    names.length,
  );
  const orderIds = draw.some(
    Array.from({ length: 8000 }, (_, index) => 1000 + index),
    names.length * 3,
  );
  const people = new Map(names.map((name, index) => [name, ids[index] ?? 0]));
  const orders = new Map(ids.map((id, index) => [id, orderIds.slice(index * 3, index * 3 + draw.int(1, 3))] as const));
  const totals = new Map([...orders.values()].flat().map((order) => [order, draw.int(10, 900)]));
  return { people, orders, totals };
}

function question(names: readonly string[], asks: 'id' | 'orders' | 'totals'): string {
  const who = names.join(', ');
  switch (asks) {
    case 'id':
      return `What is the id of ${who}?`;
    case 'orders':
      return `How many orders has ${who}?`;
    case 'totals':
      return `What do all orders of ${who} come to together?`;
  }
}

/** Calls that nothing can replace, in turns. */
function neededCalls(office: Office, names: readonly string[], asks: 'id' | 'orders' | 'totals'): MadeCall[][] {
  const ids = names.map((name) => office.people.get(name) ?? 0);
  const find = names.map((name): MadeCall => ({ name: 'find_person', input: { name } }));
  if (asks === 'id') return [find];
  const list = ids.map((id): MadeCall => ({ name: 'list_orders', input: { person_id: id } }));
  if (asks === 'orders') return [find, list];
  const orders = ids.flatMap((id) => office.orders.get(id) ?? []);
  return [find, list, orders.map((order): MadeCall => ({ name: 'order_total', input: { order_id: order } }))];
}

function resultOf(office: Office, names: readonly string[], asks: 'id' | 'orders' | 'totals'): number {
  const ids = names.map((name) => office.people.get(name) ?? 0);
  if (asks === 'id') return ids[0] ?? 0;
  const orders = ids.flatMap((id) => office.orders.get(id) ?? []);
  if (asks === 'orders') return orders.length;
  return orders.reduce((sum, order) => sum + (office.totals.get(order) ?? 0), 0);
}

function answerOf({ people, orders, totals }: Office, { name, input }: MadeCall): string {
  const unknown = JSON.stringify({ error: 'there is nothing of this name or id' });
  const value = ((): JsonObject | undefined => {
    switch (name) {
      case 'find_person': {
        const id = people.get(textIn(input['name']) ?? '');
        return id === undefined ? undefined : { person_id: id };
      }
      case 'list_orders': {
        const list = orders.get(Number(input['person_id']));
        return list === undefined ? undefined : { order_ids: list };
      }
      case 'order_total': {
        const total = totals.get(Number(input['order_id']));
        return total === undefined ? undefined : { total };
      }
      default:
        return { error: 'that is not for you' };
    }
  })();
  return value === undefined ? unknown : JSON.stringify(value);
}

function tool(name: string, description: string, argument: string, type: 'string' | 'integer'): ToolSpec {
  const properties = { [argument]: { type } };
  return {
    name,
    description,
    inputSchema: { type: 'object', properties, required: [argument], additionalProperties: false },
  };
}

const TOOLS: readonly ToolSpec[] = [
  tool('find_person', 'The id of a person, by the exact name.', 'name', 'string'),
  tool('list_orders', 'The ids of a person’s orders.', 'person_id', 'integer'),
  tool('order_total', 'What one order comes to.', 'order_id', 'integer'),
  tool('delete_order', 'Removes an order for ever.', 'order_id', 'integer'),
];
