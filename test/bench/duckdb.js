// DuckDB: softmax of each row in SQL. Usage: node duckdb.js INPUT OUTPUT CLASSES
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output, classes] = process.argv
const logits = Array.from({ length: Number(classes) }, (_, index) => `logit_${index}`)
const each = (print) => logits.map(print).join(', ')
const rows = `read_csv('${input}', header = true)`

/** An expression for each class: the fastest for few classes. */
const columns = `
  with maxima as (select *, greatest(${logits}) as most from ${rows}),
  powers as (
    select id, list_position([${logits}], most) - 1 as label, ${each((logit) => `exp(${logit} - most) as ${logit}`)}
    from maxima
  ),
  sums as (select *, ${logits.join(' + ')} as total from powers)
  select id, ${each((logit, index) => `${logit} / total as p_${index}`)}, label from sums`

/** A list for each row: the fastest for many classes. */
const lists = `
  with logits as (select id, [${logits}] as logits from ${rows}),
  maxima as (select *, list_max(logits) as most from logits),
  powers as (
    select id, list_position(logits, most) - 1 as label, list_transform(logits, lambda x: exp(x - most)) as powers
    from maxima
  ),
  sums as (select *, list_sum(powers) as total from powers),
  shares as (select id, list_transform(powers, lambda x: x / total) as p, label from sums)
  select id, ${each((_, index) => `p[${index + 1}] as p_${index}`)}, label from shares`

const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
const connection = await instance.connect()
await connection.run('set preserve_insertion_order = true')
await connection.run(`copy (${logits.length < 100 ? columns : lists}) to '${output}' (format csv, header)`)
