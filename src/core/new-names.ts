/** Names of new columns, which must be unique. */
import { SoftmaxError } from './errors.js'
import { repeated } from './labels.js'
import { fieldsOf, type OutputLayout } from './output-columns.js'
import { namesOfFields, takenName } from './renaming.js'
import { selectorOfNames } from './selector.js'

/** The columns of an output, kept and new. */
interface NamedColumns extends OutputLayout {
  header: readonly string[]
  kept: readonly number[]
  names: readonly string[]
}

/** The names of the new columns of a layout. Throws E_NAME if two requested ones are equal. */
export function outputNames(layout: OutputLayout): string[] {
  const names = fieldsOf(layout.emit, layout).map(({ name }) => name)
  const requested = Object.values(layout.columnNames ?? {})
  const isTwice = (name: string) => names.indexOf(name) !== names.lastIndexOf(name)
  // Two classes may share a name, but the numbered columns of the most probable classes may not.
  const twice = (layout.topK > 0 ? names : requested).find(isTwice)
  if (twice !== undefined) throw new SoftmaxError('E_NAME', takenName(twice, [], layout))
  return names
}

/** Throws E_NAME if two columns of an output, or two keys of its objects, would have the same name. */
export function requireKeys(schema: NamedColumns, keepsKeys: boolean, needs: string): void {
  const { header, kept, names, classes, shape } = schema
  const keptNames = keepsKeys ? [] : kept.map((index) => header[index]!)
  const keptTwice = repeated(keptNames)
  if (keptTwice !== undefined) {
    const keep = `!${kept.findLast((index) => header[index] === keptTwice)! + 1}`
    throw new SoftmaxError('E_NAME', { name: keptTwice, of: 'kept columns', keep, needs })
  }
  const classTwice = shape === 'record' || repeated(names) !== undefined ? repeated(classes) : undefined
  if (classTwice !== undefined) throw new SoftmaxError('E_NAME', { name: classTwice, of: 'classes', needs })
  const name = repeated([...keptNames, ...names])
  if (name !== undefined) throw new SoftmaxError('E_NAME', takenByColumn(name, keptNames, schema))
}

/** Throws E_NAME if a new column would have the name of a kept one. */
export function requireNewNames(layout: OutputLayout, kept: readonly string[], namesOf = namesOfFields): void {
  const taken = new Set(kept)
  const clash = namesOf(layout).find(([, name]) => taken.has(name))
  if (clash) throw new SoftmaxError('E_NAME', takenByColumn(clash[1], kept, layout, namesOf))
}

/** The data of an E_NAME for the name of a new column, which a kept one may have. */
function takenByColumn(name: string, kept: readonly string[], layout: OutputLayout, namesOf = namesOfFields) {
  const isOnce = kept.includes(name) && repeated(kept.filter((other) => other === name)) === undefined
  return { ...takenName(name, kept, layout, namesOf), ...(isOnce && { keep: `!${selectorOfNames([name])}` }) }
}
