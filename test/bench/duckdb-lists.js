// DuckDB: softmax of a list in each row in SQL, NDJSON to NDJSON or Parquet to Parquet. Usage: node duckdb-lists.js INPUT OUTPUT
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output] = process.argv
const isParquet = input.endsWith('.parquet')
const rows = isParquet
  ? `(select id, logits::double[] as logits from '${input}')`
  : `read_json('${input}', format = 'newline_delimited', columns = {id: 'bigint', logits: 'double[]'})`
const query = `
  with maxima as (select *, list_max(logits) as most from ${rows}),
  powers as (select *, list_transform(logits, lambda x: exp(x - most)) as powers from maxima),
  sums as (select *, list_sum(powers) as total from powers)
  select
    id,
    ${isParquet ? '' : 'logits,'}
    list_transform(powers, lambda x: x / total) as probs,
    (list_position(logits, most) - 1)::varchar as label
  from sums`

const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
const connection = await instance.connect()
await connection.run('set preserve_insertion_order = true')
await connection.run(`copy (${query}) to '${output}' (format ${isParquet ? 'parquet' : 'json'})`)
