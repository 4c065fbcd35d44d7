/** What the compiler knows of a prediction by the `emit` that it is made with. */
import type { OutputColumn } from '../core/output-columns.js'

/** What each output column is in a prediction. */
interface Values extends Record<OutputColumn, unknown> {
  probs: number[]
  label: string
  index: number
  labels: string[]
  set: string[]
  set_size: number
  confidence: number
  margin: number
  entropy: number
  logsumexp: number
  loss: number | null
  rank: number | null
  correct: boolean | null
}

/** The entries of `emit`, a text or a list; `string` where they are not known until run time. */
type Entries<Emit> =
  true extends IsUnion<Emit>
    ? string
    : Emit extends readonly (infer Entry)[]
      ? number extends Emit['length']
        ? string
        : Entry
      : Emit extends `${infer Entry},${infer Rest}`
        ? Entry | Entries<Rest>
        : Emit

type IsUnion<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? false : true) : never

type ColumnOf<Entry> = Entry extends `${infer Column}=${string}` ? Column : Entry

/** The property that an entry makes: the list of probabilities has one name, whatever its columns are called. */
type PropertyOf<Entry, List extends string> =
  ColumnOf<Entry> extends 'probs' ? List : Entry extends `${string}=${infer Name}` ? Name : Entry

/** The properties that `emit` makes; none is known where `emit` is not. */
export type Emits<Emit, List extends string> =
  string extends Entries<Emit>
    ? unknown
    : {
        [Entry in Entries<Emit> & string as PropertyOf<Entry, List> & string]: Values[ColumnOf<Entry> & keyof Values]
      }
