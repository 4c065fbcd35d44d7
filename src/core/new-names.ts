/** Names of new columns, which no other column may have. */
import { SoftmaxError } from './errors.js'
import { repeated } from './labels.js'
import { fieldsOf, type OutputLayout } from './output-columns.js'
import { namesOfFields, takenName } from './renaming.js'

/** The columns of an output: those that are kept, and new ones. */
interface NamedColumns extends OutputLayout {
  header: readonly string[]
  kept: readonly number[]
  names: readonly string[]
}

/** The names of the new columns of a layout. Throws E_NAME where two that are asked for are the same. */
export function outputNames(layout: OutputLayout): string[] {
  const names = fieldsOf(layout.emit, layout).map(({ name }) => name)
  const asked = Object.values(layout.columnNames ?? {})
  const isTwice = (name: string) => names.indexOf(name) !== names.lastIndexOf(name)
  // Two classes may have one name, but not the places of the most probable ones.
  const twice = (layout.topK > 0 ? names : asked).find(isTwice)
  if (twice !== undefined) throw new SoftmaxError('E_NAME', takenName(twice, [], layout))
  return names
}

/** Throws E_NAME where an object would have two values of one key: of kept columns, new ones, or classes. */
export function requireKeys(schema: NamedColumns, keepsKeys: boolean): void {
  const { header, kept, names, classes, shape } = schema
  const keptNames = keepsKeys ? [] : kept.map((index) => header[index]!)
  const keptTwice = repeated(keptNames)
  if (keptTwice !== undefined) throw new SoftmaxError('E_NAME', { name: keptTwice, of: 'kept columns' })
  const classTwice = shape === 'record' || repeated(names) !== undefined ? repeated(classes) : undefined
  if (classTwice !== undefined) throw new SoftmaxError('E_NAME', { name: classTwice, of: 'classes' })
  const name = repeated([...keptNames, ...names])
  if (name !== undefined) throw new SoftmaxError('E_NAME', takenName(name, keptNames, schema))
}

/** Throws E_NAME where a new column would have the name of one that is kept. */
export function requireNewNames(layout: OutputLayout, kept: readonly string[], namesOf = namesOfFields): void {
  const taken = new Set(kept)
  const clash = namesOf(layout).find(([, name]) => taken.has(name))
  if (clash) throw new SoftmaxError('E_NAME', takenName(clash[1], kept, layout, namesOf))
}
