/** Normalizes column names for comparison. */

/**
 * A name without surrounding blanks (including no-break ones), BOM, and the `# ` that numpy's `savetxt` and
 * many bioinformatics tools put before a header.
 */
export function plainName(name: string): string {
  // trim() also removes byte order marks and no-break blanks.
  return name.trim().replace(/^#+\s*(?=\S)/, '')
}

/** The words of a name: `unitPrice_2` is unit, price and 2. */
export function wordsOf(name: string): string[] {
  return plainName(name)
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

const LOGIT_PREFIX = /^logits?(?:[\s_.:-]|(?=\d))/i
const LOGIT_NAME = /^logits?(?![\p{L}])/iu

/** Whether a name begins with `logit` or `logits`, as columns of logits are called by convention. */
export function isLogitName(name: string): boolean {
  return LOGIT_NAME.test(plainName(name))
}

/** Whether a name begins with or contains the word logit, as `dog_logit` does. */
export function hasLogitWord(name: string): boolean {
  return wordsOf(name).some((word) => /^logits?\d*$/.test(word)) || /^logit/i.test(plainName(name))
}

/** Whether a name is one that this package gives to probabilities or their logarithms. */
export function isResultName(name: string): boolean {
  return /^(?:(?:log)?p_|(?:log)?probs$)/.test(plainName(name))
}

/** What columns with these names contain, if all are results of this package. */
export function resultsOf(names: readonly string[]): 'results' | 'logarithms' | undefined {
  if (names.length === 0 || !names.every(isResultName)) return undefined
  return names.every((name) => plainName(name).startsWith('log')) ? 'logarithms' : 'results'
}

const LOGIT_SUFFIX = /[\s_.:-]logits?$/i

const RESULT_PREFIX = /^logp_(?=.)/

/**
 * The classes of some columns: `logit_cat` is of `cat`, and so are `cat_logit` and, for logarithms written by this
 * package, `logp_cat`, provided that there are several columns and all follow the pattern. Probabilities are not
 * logits: `p_cat` keeps its name.
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

/**
 * The names of logit columns that name their classes: for paths into objects, the last key, unless two are the same.
 */
export function logitNames(columns: readonly { name: string; inner?: readonly string[] | undefined }[]): string[] {
  const keys = columns.map(({ name, inner }) => inner?.at(-1) ?? name)
  return new Set(keys).size === keys.length ? keys : columns.map(({ name }) => name)
}

/** The positions of each name. */
export function positionsBy(names: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  for (const [index, name] of names.entries()) {
    const those = positions.get(name)
    if (those) those.push(index)
    else positions.set(name, [index])
  }
  return positions
}
