/** Conflicts of options with the format of the output, found before anything is read or written. */
import { delimiterOf, type FormatName, isArray } from '../core/formats.js'
import { requireCells, requireNulls } from '../core/option-conflicts.js'
import { items, OPTIONS, requireApplicable, type SettingsOf } from '../core/options.js'
import { parseEmit } from '../core/output-columns.js'
import { dialectFromOptions, outputDialect } from '../formats/csv/dialect-options.js'
import { requireNumeric } from './numeric-columns.js'

type Settings = SettingsOf<'bytes'> | SettingsOf<'command'>

/** Throws E_CONFLICT if an option does not fit the format of the output, where options show that. */
export function requireOutput(settings: Settings): void {
  const to = settings.to ?? settings.from
  if (to === undefined) return
  requireCells({ ...settings, to })
  requireNulls({ ...settings, to })
  if (delimiterOf(to) === undefined) return
  const input = settings.from === to ? { ...dialectFromOptions(settings), newline: '\n' as const } : undefined
  outputDialect({ ...settings, to }, input)
}

/** The same for an input of a known format, and for the options of that input. */
export function requireFormats(settings: Settings, from: FormatName, to: FormatName): void {
  requireApplicable(settings, from, to)
  requireOutput({ ...settings, from, to })
  if (!isArray(to) || settings.emit === OPTIONS.emit.default) return
  const { emit, names } = parseEmit(items(settings.emit))
  requireNumeric({ to, emit, columnNames: names, topK: settings.topK ?? 0 })
}
