// Rows of lists from NDJSON to Parquet, as float32, or back, by DuckDB. Usage: node convert.js INPUT OUTPUT
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output] = process.argv
const rows = input.endsWith('.parquet')
  ? `from '${input}'`
  : `select id, logits::float[] as logits
     from read_json('${input}', format = 'newline_delimited', columns = {id: 'bigint', logits: 'double[]'})`
const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
const connection = await instance.connect()
await connection.run(`copy (${rows}) to '${output}' (format ${output.endsWith('.parquet') ? 'parquet' : 'json'})`)
