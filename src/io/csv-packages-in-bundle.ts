/** The packages for delimited text where a program is bundled, which puts them in. */
import * as parse from 'csv-parse/sync'
import * as stringify from 'csv-stringify/sync'

export const csvParse = () => parse
export const csvStringify = () => stringify
