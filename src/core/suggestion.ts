/** The candidate most likely meant by a mistyped word, if one is within two edits (and fewer than half its letters). */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const same = candidates.find((candidate) => candidate.toLowerCase() === word.toLowerCase())
  if (same !== undefined) return same
  const ranked = candidates.map((candidate) => ({ candidate, edits: distance(word, candidate) }))
  const [best] = ranked.sort((a, b) => a.edits - b.edits)
  return best && best.edits <= 2 && best.edits * 2 < best.candidate.length ? best.candidate : undefined
}

/** Levenshtein distance with transpositions of neighbours (optimal string alignment), one row of the table at a time. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const edits = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = isSwapped ? Math.min(edits, before[j - 2]! + 1) : edits
    }
    before = row
    row = next
  }
  return row[b.length]!
}
