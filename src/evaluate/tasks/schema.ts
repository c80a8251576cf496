import { isDeepStrictEqual } from 'node:util';
import { jsonIn, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import { type TaskDraw, differentWords } from './draw.ts';

/** A record in prose that has to come out as JSON of a schema, and as nothing else. */
export function schemaTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const count = difficulty <= 2 ? 1 : difficulty;
  const names = differentWords(draw, count + 4);
  const orders = names.slice(0, count).map((name) => drawOrder(draw, name, difficulty));
  const value: JsonValue = count === 1 ? (orders[0]?.value ?? {}) : { orders: orders.map((order) => order.value) };
  const beside = names
    .slice(count)
    .map((name) => `Nothing was ordered by ${name}, who asked for ${draw.int(2, 9)} samples.`);
  const lines = orders.map(({ says }) => says);
  const text = difficulty >= 3 ? draw.some(beside.slice(0, difficulty - 1), 4).join(' ') : '';
  return {
    prompt: [
      `${lines.join(' ')} ${text}`.trim(),
      `Write this as JSON that satisfies the schema below, orders in the order of the text. Answer with the JSON alone.`,
      JSON.stringify(schemaOf(count, difficulty)),
    ].join('\n\n'),
    isRight: (answer) => isDeepStrictEqual(jsonOf(answer.text), value),
    right: [{ text: JSON.stringify(value) }],
    wrong: [{ text: JSON.stringify({ ...value, more: true }) }],
  };
}

function drawOrder(
  draw: TaskDraw,
  name: string,
  difficulty: Difficulty,
): { readonly says: string; readonly value: JsonObject } {
  const [dozens, grams, day] = [draw.int(1, 6), draw.int(2, 90) * 100, draw.int(1, 28)];
  const isExpress = draw.int(0, 1) === 1;
  const month = draw.int(1, 12);
  const pad = (number: number): string => String(number).padStart(2, '0');
  const base = { customer: name, items: dozens * 12 };
  const says = `The customer ${name} orders ${dozens} dozen lamps`;
  if (difficulty === 1) return { says: `${says}.`, value: base };
  const weighed = { ...base, kilograms: grams / 1000, express: isExpress };
  const how = `${says}, ${grams} grams in all, and ${isExpress ? 'wants them by express' : 'is in no hurry'}`;
  if (difficulty === 2) return { says: `${how}.`, value: weighed };
  const due = `2026-${pad(month)}-${pad(day)}`;
  const late = draw.int(0, 2) === 0;
  return {
    says: `${how}; they are due on day ${day} of month ${month} of 2026${late ? ', and nobody has named an address' : `, at ${name} street ${dozens}`}.`,
    value: { ...weighed, due, address: late ? null : { street: `${name} street`, number: dozens } },
  };
}

function schemaOf(count: number, difficulty: Difficulty): JsonObject {
  const properties: JsonObject = {
    customer: { type: 'string' },
    items: { type: 'integer', description: 'pieces' },
    ...(difficulty >= 2 ? { kilograms: { type: 'number' }, express: { type: 'boolean' } } : {}),
    ...(difficulty >= 3
      ? {
          due: { type: 'string', format: 'date' },
          address: {
            anyOf: [{ type: 'null' }, object({ street: { type: 'string' }, number: { type: 'integer' } })],
          },
        }
      : {}),
  };
  return count === 1 ? object(properties) : object({ orders: { type: 'array', items: object(properties) } });
}

function object(properties: JsonObject): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** What an answer says as JSON, with or without a fence around it. */
export function jsonOf(text: string): unknown {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)```/u.exec(text)?.[1];
  return jsonIn((fenced ?? text).trim());
}
