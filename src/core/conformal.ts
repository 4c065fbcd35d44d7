/**
 * Split conformal prediction with the score 1 - p(true class): the prediction set of a row contains the classes with p
 * >= 1 - q. If q is the ceil((n + 1) coverage)-th smallest score of n rows, then the set of another row contains its
 * true class with at least that probability, provided that all rows are exchangeable.
 *
 * Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 114 (2019);
 * Vovk, Gammerman and Shafer, "Algorithmic learning in a random world" (2005).
 */

/** The rank of the score, from 1 for the smallest; it exceeds the number of rows if there are too few. */
export function rankOfScore(rows: number, coverage: number): number {
  return shareOf(rows + 1, coverage)
}

/** ceil(count x share), with the share in decimal: the double nearest to 0.55 times 1000 is above 550. */
function shareOf(count: number, share: number): number {
  const [digits = '', exponent = '0'] = String(share).split('e')
  const [integer = '', fraction = ''] = digits.split('.')
  const scale = 10n ** BigInt(fraction.length - Number(exponent))
  return Number((BigInt(integer + fraction) * BigInt(count) + scale - 1n) / scale)
}

/** The smallest number of rows for which the rank exists. */
export function rowsNeeded(coverage: number): number {
  let rows = Math.max(1, Math.floor(coverage / (1 - coverage)) - 1)
  while (rankOfScore(rows, coverage) > rows) rows++
  return rows
}

/** 1 - probability, rounded up if necessary: then 1 - quantile is a double, and not above the probability. */
export function quantileOf(probability: number): number {
  const quantile = 1 - probability
  return 1 - quantile > probability ? quantile + 2 ** -53 : quantile
}
