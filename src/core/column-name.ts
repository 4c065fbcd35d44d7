/** Names of columns, as they are compared: what stands around them in files is no part of a name. */

/**
 * A name without blanks around it, no-break ones too, without a byte order mark, and without the `# ` that numpy's
 * `savetxt` and many tools of bioinformatics put before a header.
 */
export function plainName(name: string): string {
  // A byte order mark and no-break blanks are among what trim() removes.
  return name.trim().replace(/^#+\s*(?=\S)/, '')
}

/** A name in words: `unitPrice_2` is unit, price and 2. */
export function wordsOf(name: string): string[] {
  return plainName(name)
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

const LOGIT_PREFIX = /^logits?(?:[\s_.:-]|(?=\d))/i
const LOGIT_NAME = /^logits?(?![\p{L}])/iu

/** True of a name that begins with `logit` or `logits`: by convention that of a column of logits. */
export function isLogitName(name: string): boolean {
  return LOGIT_NAME.test(plainName(name))
}

/** True of a name that has the word logit in it, as `dog_logit` has, or begins with it. */
export function hasLogitWord(name: string): boolean {
  return wordsOf(name).some((word) => /^logits?\d*$/.test(word)) || /^logit/i.test(plainName(name))
}

/** True of a name that columns of probabilities and their logarithms have in outputs of this package. */
export function isResultName(name: string): boolean {
  return /^(?:(?:log)?p_|(?:log)?probs$)/.test(plainName(name))
}

/** What columns of these names hold, where all are results of this package. */
export function resultsOf(names: readonly string[]): 'results' | 'logarithms' | undefined {
  if (names.length === 0 || !names.every(isResultName)) return undefined
  return names.every((name) => plainName(name).startsWith('log')) ? 'logarithms' : 'results'
}

const LOGIT_SUFFIX = /[\s_.:-]logits?$/i

const RESULT_PREFIX = /^logp_(?=.)/

/**
 * The classes that columns are of: `logit_cat` is of `cat`, and so are `cat_logit` and, as logarithms that this package
 * wrote, `logp_cat`, where several columns and all are called so. Probabilities are no logits: `p_cat` keeps its name.
 */
export function classNames(columns: readonly string[]): string[] {
  const areResults = columns.length > 1 && columns.every((column) => RESULT_PREFIX.test(plainName(column)))
  return columns.map((column) => (areResults ? plainName(column).replace(RESULT_PREFIX, '') : className(column)))
}

function className(column: string): string {
  const name = plainName(column)
  const rest = LOGIT_NAME.test(name) ? name.replace(LOGIT_PREFIX, '') : name.replace(LOGIT_SUFFIX, '')
  return rest.trim() || name
}
