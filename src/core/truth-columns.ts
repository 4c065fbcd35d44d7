/** Which of several columns of true classes is of which class. */
import { SoftmaxError } from './errors.js'

/**
 * Columns in the order of the classes: by their names, where these are the names of the classes or their positions, with
 * the same text in front of each and behind it; else in the order in which they are asked for. Throws E_SELECTOR where
 * some names say of which class a column is, and not all.
 */
export function byClass<T>(columns: readonly T[], names: readonly string[], classes: readonly string[]): T[] {
  const places = placesByName(names, classes)
  if (places) return places.map((place) => columns[place]!)
  const named = names.find((name) => classes.some((word) => hasWord(name, word)))
  if (named === undefined) return [...columns]
  const reason =
    'has the names of some classes, and not of each; call the columns like the classes, or list the classes in one'
  throw new SoftmaxError('E_SELECTOR', { item: names.join(), option: 'truth', reason })
}

function placesByName(names: readonly string[], classes: readonly string[]): number[] | undefined {
  const lower = (texts: readonly string[]) => texts.map((text) => text.toLowerCase())
  const from = (first: number) => classes.map((_, index) => String(index + first))
  return (
    placesOf(names, classes) ??
    placesOf(lower(names), lower(classes)) ??
    placesOf(names, from(0)) ??
    placesOf(names, from(1))
  )
}

/** Where each word is among names that have the same text before and behind it. */
function placesOf(names: readonly string[], words: readonly string[]): number[] | undefined {
  const [first = ''] = words
  const indices = new Map(names.map((name, index) => [name, index]))
  for (const name of names) {
    for (let at = name.indexOf(first); at !== -1; at = name.indexOf(first, at + 1)) {
      const [before, behind] = [name.slice(0, at), name.slice(at + first.length)]
      const places = words.map((word) => indices.get(before + word + behind) ?? -1)
      if (!places.includes(-1) && new Set(places).size === names.length) return places
      if (first === '') break
    }
  }
  return undefined
}

/** Whether a word is one of those of a name; numbers are in names by chance. */
function hasWord(name: string, word: string): boolean {
  const plain = (text: string) =>
    ` ${text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()} `
  return !/^\d*$/.test(word) && plain(name).includes(plain(word))
}
