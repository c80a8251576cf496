import type { Draw } from '../trust/draw.ts';
import { casesOf, type RecallCases, type Topic, type Wording } from './cases-of.ts';

/** What a part of a product is called where a fact is written down, and where it is needed. */
const PARTS: readonly (readonly [written: string, needed: string])[] = [
  ['billing', 'invoices'],
  ['login', 'signing in'],
  ['search', 'finding documents'],
  ['stock', 'warehouse inventory'],
  ['mail', 'sending e-mails'],
  ['export', 'downloading reports'],
  ['importer', 'loading supplier files'],
  ['calendar', 'booking appointments'],
  ['chat', 'customer conversations'],
  ['maps', 'route planning'],
  ['payroll', 'salaries of employees'],
  ['photos', 'uploading pictures'],
  ['translations', 'other languages of the interface'],
  ['backup', 'restoring lost data'],
  ['metrics', 'monitoring dashboards'],
  ['checkout', 'paying for the basket'],
  ['profile', 'user account settings'],
  ['notifications', 'push alerts on the phone'],
  ['audit', 'history of who changed what'],
  ['scheduler', 'nightly jobs'],
];

/** What is remembered of a part, and how it is asked for. */
const THINGS: readonly Topic[] = [
  [
    (p) => `In ${p} money is kept as whole cents, never as a float.`,
    (p) => `Add a discount to the amounts in ${p}: which number type do prices have?`,
  ],
  [
    (p) => `${p} writes dates in UTC and shows them in the zone of the user.`,
    (p) => `A timestamp is an hour off in ${p}, fix the time zone handling`,
  ],
  [
    (p) => `Tests of ${p} need the container postgres-test running first.`,
    (p) => `The test suite for ${p} cannot connect to its database`,
  ],
  [
    (p) => `We decided that ${p} retries a failed request three times and then gives up.`,
    (p) => `What should happen in ${p} when the remote call does not succeed?`,
  ],
  [
    (p) => `The ${p} module is owned by the platform team; changes need their review.`,
    (p) => `Who has to approve a pull request that touches ${p}?`,
  ],
  [
    (p) => `Passwords and tokens of ${p} come from the vault, not from the environment.`,
    (p) => `Where do I read the credentials for ${p} from?`,
  ],
  [
    (p) => `${p} must keep answering in under 200 ms, so no query may run inside a loop.`,
    (p) => `Make ${p} faster, it is slow because of many database round trips`,
  ],
  [
    (p) => `Errors in ${p} are returned as problem+json with a code, never as plain text.`,
    (p) => `Give a better message to the client when ${p} goes wrong: what format?`,
  ],
  [
    (p) => `New columns of ${p} are added nullable first and filled by a migration afterwards.`,
    (p) => `Change the schema for ${p}: add a field to the table`,
  ],
  [
    (p) => `The old ${p} interface v1 is still called by the mobile app and must not be removed.`,
    (p) => `Clean up ${p}: can the deprecated endpoint be deleted?`,
  ],
];

/** What else is remembered of a part, and not asked for. */
const BESIDE: readonly Wording[] = [
  (p) => `The icon of ${p} was drawn by an agency.`,
  (p) => `${p} had an outage in March because of a full disk.`,
  (p) => `The first version of ${p} was a prototype from a hackathon.`,
  (p) => `Log lines of ${p} begin with the request id.`,
  (p) => `Labels in ${p} are written in sentence case.`,
  (p) => `The folder of ${p} is src/parts.`,
  (p) => `Feature flags of ${p} end with the name of the sprint.`,
  (p) => `${p} uses the shared button component.`,
  (p) => `There is a slide deck on ${p} in the wiki.`,
  (p) => `Background colours in ${p} come from the theme file.`,
];

/** Two hundred facts over twenty jobs, and ten of each that nobody needs. */
export function recallCases(draw: Draw): RecallCases {
  return casesOf(draw, { parts: PARTS, things: THINGS, beside: BESIDE });
}
