/**
 * Split conformal prediction with the score 1 - p(true class): the set of a row has the classes of p >= 1 - q. Let q be the
 * ceil((n + 1) coverage)-th least score of n rows; then the set of another row has its true class with at least that
 * probability, if all rows are drawn alike.
 *
 * Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 114 (2019); Vovk,
 * Gammerman and Shafer, "Algorithmic learning in a random world" (2005).
 */

/** The rank of the score, from 1 for the least; above the number of rows where these are too few. */
export function rankOfScore(rows: number, coverage: number): number {
  return shareOf(rows + 1, coverage)
}

/** ceil(count x share), of the share as it is written: 0.55 is no double, and 1000 times the nearest one is above 550. */
function shareOf(count: number, share: number): number {
  const [digits = '', exponent = '0'] = String(share).split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  const scale = 10n ** BigInt(fraction.length - Number(exponent))
  return Number((BigInt(whole + fraction) * BigInt(count) + scale - 1n) / scale)
}

/** The least number of rows that has a score of the rank. */
export function rowsNeeded(coverage: number): number {
  let rows = Math.max(1, Math.floor(coverage / (1 - coverage)) - 1)
  while (rankOfScore(rows, coverage) > rows) rows++
  return rows
}

/** 1 less a probability, rounded up where it has to be: so 1 less that is a double, and not above the probability. */
export function quantileOf(probability: number): number {
  const quantile = 1 - probability
  return 1 - quantile > probability ? quantile + 2 ** -53 : quantile
}
