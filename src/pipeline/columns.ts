/** Resolves the columns of an input, and reports them; every input of a run must have those of the first. */
import { SoftmaxError, shown } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import { countsColumns, type Schema } from '../core/schema.js'
import type { Input } from './open-input.js'
import type { Run } from './run.js'

type Settings = SettingsOf<'bytes'>

/**
 * Settles the columns of an input, and tells of them. A later input must have those of the first, and its logits are in
 * the same places.
 */
export function resolveColumns(
  names: string[] | undefined,
  width: number,
  settle: (settings: Settings) => Schema,
  { name }: Input,
  run: Run,
  settings: Settings,
): Schema {
  const header = names ?? Array.from({ length: width }, (_, index) => String(index + 1))
  const { first } = run
  run.emit('header', header, name)
  if (first) requireSame(header, first.schema.header, first.name)
  const logits =
    first && !first.schema.logitsList ? first.schema.logits.map((index) => String(index + 1)) : settings.logits
  const schema = settle({ ...settings, logits })
  if (first) requireSame(schema.classes, first.schema.classes, first.name)
  for (const doubt of names ? doubtsOf(names) : []) run.emit('warning', doubt, name)
  run.emit('schema', schema, name)
  run.first ??= { name, format: settings.from!, schema }
  return schema
}

function requireSame(names: readonly string[], others: readonly string[], first = 'the first'): void {
  if (names.join('\0') !== others.join('\0')) throw new SoftmaxError('E_SCHEMA', { header: [...names], first })
}

/** A schema for a format that holds numbers alone: what it cannot hold is left out, and told of where it was not asked for. */
export function numbersOf(schema: Schema, { name }: Input, run: Run, { to }: Settings): Schema {
  const emit = schema.emit.filter((name) => name !== 'label')
  if (schema.topK > 0 || emit.length === 0) {
    throw new SoftmaxError('E_CONFLICT', { reason: `${to} holds numbers, not labels; choose with --emit` })
  }
  const kept = schema.kept.map((index) => schema.header[index])
  if (kept.length > 0) run.emit('warning', `${to} holds numbers alone: ${shown(kept.join(','))} is left out`, name)
  return { ...schema, emit, names: fieldsOf(emit, schema).map(({ name }) => name), kept: [] }
}

/** What is odd about the names of columns, and not an error. */
export function doubtsOf(names: string[]): string[] {
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  const doubts = Array.from(twice, (name) => `two columns are called ${shown(name)}`)
  if (!countsColumns(names)) return doubts
  return [...doubts, `the first line, ${shown(names.join(','))}, is taken for names; --no-header reads it as a row`]
}
