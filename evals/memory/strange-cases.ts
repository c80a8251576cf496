import type { Draw } from '../trust/draw.ts';
import { casesOf, type RecallCases, type Topic, type Wording } from './cases-of.ts';

/** Trades that no table of ours speaks of: what retrieval gives where only the encoder knows the words. */
const PARTS: readonly (readonly [written: string, needed: string])[] = [
  ['beehives', 'the honey farm'],
  ['orchestra', 'the violin players'],
  ['telescope', 'watching the stars'],
  ['vineyard', 'growing grapes'],
  ['glacier', 'the ice sheet'],
  ['aquarium', 'the fish tanks'],
  ['pottery', 'clay bowls'],
  ['railway', 'trains'],
  ['lighthouse', 'warning ships at sea'],
  ['greenhouse', 'tomatoes under glass'],
  ['parliament', 'votes of politicians'],
  ['theatre', 'actors on stage'],
  ['bakery', 'bread and rolls'],
  ['volcano', 'eruptions of lava'],
  ['museum', 'paintings on display'],
  ['dairy', 'cows and milk'],
  ['sailing', 'boats in a regatta'],
  ['fossils', 'dinosaur bones'],
  ['sawmill', 'cutting wood'],
  ['observatory', 'earthquakes'],
];

const THINGS: readonly Topic[] = [
  [
    (p) => `Readings of ${p} are in kelvin, never in celsius.`,
    (p) => `Show how hot it is at ${p}: which scale do the values have?`,
  ],
  [
    (p) => `Simulation of ${p} runs with steps of one hundredth of a second.`,
    (p) => `How fine is the resolution of the model of ${p}?`,
  ],
  [(p) => `Names in ${p} are latin, as botanists write them.`, (p) => `How are species spelled in ${p}?`],
  [
    (p) => `The instruments of ${p} are calibrated every Monday morning.`,
    (p) => `Values of ${p} look off at the end of the week: when are the devices adjusted?`,
  ],
  [(p) => `Guests of ${p} may not take photographs.`, (p) => `Can a visitor bring a camera to ${p}?`],
  [(p) => `The season of ${p} begins in April and ends in October.`, (p) => `In which months is ${p} open?`],
  [(p) => `Volunteers of ${p} get free lunch on Sundays.`, (p) => `What do helpers of ${p} eat at the weekend?`],
  [
    (p) => `The roof of ${p} leaks when the wind blows from the west.`,
    (p) => `There is water on the floor of ${p} after a storm`,
  ],
  [
    (p) => `Children under twelve enter ${p} without paying.`,
    (p) => `What does a ticket to ${p} cost for a small boy?`,
  ],
  [(p) => `The key to ${p} hangs behind the kitchen door.`, (p) => `How do I unlock ${p} when nobody is there?`],
];

const BESIDE: readonly Wording[] = [
  (p) => `The poster of ${p} is green.`,
  (p) => `A poet wrote about ${p} long ago.`,
  (p) => `${p} has a twin in Norway.`,
  (p) => `The founder of ${p} was a sailor.`,
  (p) => `Two cats live at ${p}.`,
  (p) => `The bench before ${p} is made of oak.`,
  (p) => `${p} was in the newspaper in spring.`,
  (p) => `An old map shows ${p} upside down.`,
  (p) => `The bell of ${p} rings at noon.`,
  (p) => `A tunnel is said to lie under ${p}.`,
];

export function strangeCases(draw: Draw): RecallCases {
  return casesOf(draw, { parts: PARTS, things: THINGS, beside: BESIDE });
}
