// Polars: softmax of each row by expressions, lazy and streamed. Usage: node polars.js INPUT OUTPUT CLASSES
import pl from 'nodejs-polars'

const [, , input, output, classes] = process.argv
const logits = Array.from({ length: Number(classes) }, (_, index) => pl.col(`logit_${index}`))
const nameOf = (index) => `p_${index}`
const [id, most, total, label, list, x] = [...['id', 'most', 'total', 'label', 'list'].map(pl.col), pl.element()]

/** An expression for each class: the fastest for few classes. */
function columns(rows) {
  const last = logits.length - 1
  const first = logits
    .slice(0, last)
    .reduceRight((rest, logit, index) => pl.when(logit.eq(most)).then(pl.lit(index)).otherwise(rest), pl.lit(last))
  const powers = logits.map((logit, index) => logit.minus(most).exp().alias(nameOf(index)))
  const shares = logits.map((_, index) => pl.col(nameOf(index)).div(total))
  return rows
    .withColumns(pl.maxHorizontal(logits).alias('most'))
    .select(id, ...powers, first.cast(pl.Int32).alias('label'))
    .withColumns(pl.sumHorizontal(logits.map((_, index) => pl.col(nameOf(index)))).alias('total'))
    .select(id, ...shares, label)
}

/** A list for each row: the fastest for many classes. */
function lists(rows) {
  return rows
    .select(id, pl.concatList(logits).alias('list'))
    .select(id, list.lst.argMax().alias('label'), list.lst.eval(x.minus(x.max()).exp()).alias('list'))
    .select(id, list.lst.eval(x.div(x.sum())).alias('list'), label)
    .select(id, ...logits.map((_, index) => list.lst.get(index).alias(nameOf(index))), label)
}

const score = logits.length < 100 ? columns : lists
await score(pl.scanCSV(input)).sinkCSV(output, {}).collect({ streaming: true })
