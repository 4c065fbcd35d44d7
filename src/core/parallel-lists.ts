/** Objects in a list, such as the tokens of a sentence: their logits have to be lists in a list of their own. */
import { run } from './file-kinds.js'

/** The keys that lead to a value. */
type Path = readonly string[]

/**
 * The command that makes a list of the values at the path `inner` in the objects of a list, under a name that is not
 * `taken`, and keeps all other keys. Undefined if a key cannot be written in it.
 */
export function listsRemedy(list: Path, inner: Path, taken: readonly string[]): string | undefined {
  const names = [inner.at(-1)!, `${list.at(-1)}_${inner.at(-1)}`]
  const name = names.find((name) => !taken.includes(name))
  if (name === undefined || ![...list, ...inner].every((key) => /^[A-Za-z_]\w*$/.test(key))) return undefined
  const [from, value] = [list.join('.'), inner.join('.')]
  return run(`jq -c '.${name} = [.${from}[].${value}] | .${from} |= map(del(.${value}))' FILE`, name)('FILE')
}
