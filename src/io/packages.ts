/** The packages for delimited text, loaded where they are first needed: most files need neither. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const csvParse = (): typeof import('csv-parse/sync') => require('csv-parse/sync')
export const csvStringify = (): typeof import('csv-stringify/sync') => require('csv-stringify/sync')
