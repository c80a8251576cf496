/** No single row may take more of the stake than this, so that one surprise does not end the game. */
const BOLDEST = 0.75;

/**
 * A p-value for "the mean of these numbers is 0 or more", for independent numbers of one distribution that none exceeds `most`: a small
 * one proves that their mean is below 0. A gambler bets against it row by row, and the most that a stake of 1 ever grew to is 1 / p
 * (Ville). It holds for any distribution and any number of rows, which a normal approximation does not.
 *
 * Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), predictable plug-in.
 * @param most above 0
 * @param level the p-value that would be small enough; it shapes the bets, and the answer holds whatever it is
 */
export function meanBelowZeroPValue(values: Iterable<number>, most: number, level: number): number {
  const numbers = [...values];
  const stakes = (2 * Math.log(1 / level)) / Math.max(1, numbers.length);
  const boldest = BOLDEST / most;
  let [wealth, richest, sum, squares] = [1, 1, 0, most * most * 0.25];
  for (const [index, value] of numbers.entries()) {
    wealth *= 1 - Math.min(boldest, Math.sqrt((stakes * (index + 1)) / squares)) * value;
    richest = Math.max(richest, wealth);
    sum += value;
    squares += (value - sum / (index + 2)) ** 2;
  }
  return 1 / richest;
}
