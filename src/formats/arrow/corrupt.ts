/** Errors of Arrow data: corrupt, or valid but unsupported. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'

/** The error for corrupt data. */
export function corrupt(reason: string): SoftmaxError {
  return corruptData('arrow', reason)
}

/** Throws the error for valid but unsupported data, with a way to convert it. */
export function unsupported(feature: string, remedy: string): never {
  throw new SoftmaxError('E_UNSUPPORTED', { feature, remedy })
}

/** A command that reads a file or stream, and writes a table made from it. */
function rewriting(table: string, ...imports: string[]): string {
  const modules = ['pyarrow.ipc as i', 'pyarrow.feather as f', ...imports].join(', ')
  return (
    `python -c 'import ${modules}; isfile = open("old", "rb").read(6) == b"ARROW1"; ` +
    `t = (i.open_file if isfile else i.open_stream)("old").read_all(); f.write_feather(${table}, "new.arrow")'`
  )
}

/** How to rewrite a file or stream so that this package can read it: pyarrow still reads formats it no longer writes. */
export const REWRITE = `rewrite it: ${rewriting('t')}`

/** How to rewrite a file without a column. */
export function withoutColumn(name: string): string {
  return `drop it first: ${rewriting(`t.drop_columns(${JSON.stringify(name)})`)}`
}

/** How to rewrite a file with a run-end encoded column as a plain one. */
export function withoutRuns(name: string): string {
  const column = JSON.stringify(name)
  const table = `t.set_column(t.schema.get_field_index(${column}), ${column}, c.run_end_decode(t[${column}]))`
  return `decode it first: ${rewriting(table, 'pyarrow.compute as c')}`
}
