/** Every format once: what it is called, which file names are of it, and what stands between its cells. */
interface Format {
  extensions: readonly string[]
  delimiter: string
}

/** The table of formats. */
export const FORMATS = {
  csv: { extensions: ['.csv'], delimiter: ',' },
  tsv: { extensions: ['.tsv', '.tab'], delimiter: '\t' },
} satisfies Record<string, Format>

/** A name of {@link FORMATS}. */
export type FormatName = keyof typeof FORMATS

/** All names of {@link FORMATS}. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

/** The format whose files are named so, if there is one. */
export function formatOf(path: string): FormatName | undefined {
  return FORMAT_NAMES.find((name) => FORMATS[name].extensions.some((ending) => path.toLowerCase().endsWith(ending)))
}
