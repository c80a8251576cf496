import type { Draw } from '../trust/draw.ts';
import { casesOf, type RecallCases, type Topic, type Wording } from './cases-of.ts';

/** Other parts, facts and words than those that report the figure: what retrieval is made by. */
const PARTS: readonly (readonly [written: string, needed: string])[] = [
  ['ledger', 'the accounting books'],
  ['shipping', 'parcels on their way'],
  ['captcha', 'keeping robots out'],
  ['recommendations', 'what else a customer might like'],
  ['avatars', 'portraits of people'],
  ['wiki', 'the internal handbook'],
  ['feeds', 'syndicated news'],
  ['crawler', 'fetching web sites'],
  ['coupons', 'vouchers for rebates'],
  ['telephony', 'incoming calls'],
  ['rostering', 'shifts of the staff'],
  ['fleet', 'delivery vans'],
  ['sensors', 'temperature readings'],
  ['surveys', 'questionnaires'],
  ['tickets', 'customer complaints'],
  ['archive', 'old documents'],
  ['thumbnails', 'small preview images'],
  ['loyalty', 'bonus points'],
  ['onboarding', 'first steps of new users'],
  ['moderation', 'removing abusive posts'],
];

const THINGS: readonly Topic[] = [
  [
    (p) => `${p} is written in Rust and called over a C interface.`,
    (p) => `Which programming language do I have to know to work on ${p}?`,
  ],
  [
    (p) => `Caches of ${p} are dropped on every deploy, so a cold start is normal.`,
    (p) => `After we release a new version ${p} responds sluggishly for a minute`,
  ],
  [
    (p) => `In ${p} identifiers are ULIDs, never numbers that count up.`,
    (p) => `Generate a primary key for a record of ${p}`,
  ],
  [
    (p) => `${p} may be deployed on Tuesdays and Thursdays only.`,
    (p) => `When can this fix for ${p} go to production?`,
  ],
  [
    (p) => `Commits to ${p} carry the number of the ticket in their first line.`,
    (p) => `Write the git message of this change to ${p}`,
  ],
  [
    (p) => `The linter for ${p} is biome; eslint was removed.`,
    (p) => `Check the code style of ${p} before I open the merge request`,
  ],
  [
    (p) => `${p} listens on port 7071 behind the proxy.`,
    (p) => `curl gives connection refused for ${p}: what address does it serve?`,
  ],
  [
    (p) => `Files of customers in ${p} are deleted after thirty days because of GDPR.`,
    (p) => `How long are personal data retained by ${p}?`,
  ],
  [
    (p) => `${p} is only ever read from the replica, the primary is for writes.`,
    (p) => `A select statement of ${p} sees stale rows, which database does it use?`,
  ],
  [
    (p) => `In ${p} every public function has a docstring with an example.`,
    (p) => `Document the API of ${p}: what is expected of comments?`,
  ],
];

const BESIDE: readonly Wording[] = [
  (p) => `The logo of ${p} is a blue bird.`,
  (p) => `${p} was renamed in the summer.`,
  (p) => `Somebody gave a talk about ${p} at a conference.`,
  (p) => `The channel for ${p} has four hundred members.`,
  (p) => `${p} began as a thesis.`,
  (p) => `Headings of ${p} are set in small capitals.`,
  (p) => `A competitor has a product much like ${p}.`,
  (p) => `The budget of ${p} is approved in autumn.`,
  (p) => `Two interns work on ${p}.`,
  (p) => `The mascot of ${p} hangs in the kitchen.`,
];

export function tuningCases(draw: Draw): RecallCases {
  return casesOf(draw, { parts: PARTS, things: THINGS, beside: BESIDE });
}
