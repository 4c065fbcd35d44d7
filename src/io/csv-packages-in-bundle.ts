/** The csv packages as static imports, which bundlers include. */
import * as parse from 'csv-parse/sync'
import * as stringify from 'csv-stringify/sync'

export const csvParse = () => parse
export const csvStringify = () => stringify
