/**
 * Rows of `read` whose classes are integers in another order than that in which JavaScript objects have such keys: the
 * classes are in the order of the columns, the fields or the text, as in `score`.
 */
import { Readable } from 'node:stream'
import { Field, Float64, Struct, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import { type ReadOptions, read, type SoftmaxOptions, score, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'

type Format = Parameters<typeof read>[0]

/** exp(x) / sum(exp(x)) of 1, 2 and 3, by mpmath. */
const PROBS = '0.09003057317038046,0.24472847105479764,0.6652409557748219'

/** The row 1, 2, 3 of the classes 10, 9 and 8, next to other columns. */
const CSV = 'id,10,9,8,7,x\nu,1,2,3,v,w\n'
const LINE = '{"id":"u","10":1,"9":2,"8":3,"7":"v","x":"w"}\n'
const LOGITS = '{"10":1,"9":2,"8":3}'

function struct(name: string): Buffer {
  // Apache Arrow makes a struct of objects by the names of its fields.
  const fields = ['10', '9', '8'].map((key) => new Field(key, new Float64()))
  const columns = { id: vectorFromArray(['u'], new Utf8()) }
  const logits = vectorFromArray([{ 10: 1, 9: 2, 8: 3 }], new Struct(fields))
  return Buffer.from(tableToIPC(new Table({ ...columns, [name]: logits }), 'file'))
}

const KEPT = 'id,7,x'
const CASES: [string, Format, Buffer | string, ReadOptions, SoftmaxOptions, string][] = [
  ['columns that read selects', 'csv', CSV, { header: true, logits: '2-4' }, {}, KEPT],
  ['columns that softmax selects by position', 'csv', CSV, { header: true }, { logits: '2-4' }, KEPT],
  ['columns named logit_', 'csv', CSV.replace('10,9,8', 'logit_10,logit_9,logit_8'), { logits: 'logit_*' }, {}, KEPT],
  ['a struct called logits', 'arrow', struct('logits'), {}, {}, 'id'],
  ['a struct that read selects', 'arrow', struct('m'), { logits: 'm' }, {}, 'id'],
  ['a struct that softmax selects', 'arrow', struct('m'), {}, { logits: 'm' }, 'id'],
  ['keys of JSON', 'ndjson', LINE, {}, { logits: '2-4' }, KEPT],
  ['keys of JSON that read selects', 'ndjson', LINE, { logits: '2-4' }, {}, KEPT],
  ['an object of JSON', 'ndjson', `{"id":"u","logits":${LOGITS}}\n`, {}, {}, 'id'],
  ['an object of JSON that read selects', 'ndjson', `{"id":"u","m":${LOGITS}}\n`, { logits: 'm' }, {}, 'id'],
  ['an object of JSON that softmax selects', 'ndjson', `{"id":"u","m":${LOGITS}}\n`, {}, { logits: 'm' }, 'id'],
  ['values in an object', 'ndjson', `{"id":"u","m":${LOGITS}}\n`, {}, { logits: 'm.*', keep: 'id' }, 'id'],
  ['an object in an object', 'ndjson', `{"id":"u","m":{"a":${LOGITS}}}\n`, { logits: 'm.a' }, { keep: 'id' }, 'id'],
]

describe('classes that are integers', () => {
  it.each(CASES)('are in the order of %s', async (_, from, input, reading, options, kept) => {
    const scored = async (labels: string[] | undefined) => {
      const rows = Readable.from([Buffer.from(input)]).compose(read(from, reading))
      const predictions = rows.compose(softmax({ ...options, ...(labels && { labels }), emit: 'probs,label,index' }))
      return Buffer.concat(await predictions.compose(write('csv')).toArray()).toString()
    }
    const cells = kept.replace('id', 'u').replace('7', 'v').replace('x', 'w')
    expect(await scored(undefined)).toBe(`${kept},p_10,p_9,p_8,label,index\n${cells},${PROBS},8,2\n`)
    expect(await scored(['a', 'b', 'c'])).toBe(`${kept},p_a,p_b,p_c,label,index\n${cells},${PROBS},c,2\n`)
  })

  it('have that order in score, too', async () => {
    const options = { logits: '2-4', header: true, emit: 'probs,label,index' } as const
    const bytes = await Readable.from([Buffer.from(CSV)])
      .compose(score(options))
      .toArray()
    expect(Buffer.concat(bytes).toString()).toBe(`id,7,x,p_10,p_9,p_8,label,index\nu,v,w,${PROBS},8,2\n`)
    const fields = tableFromIPC(struct('m')).schema.fields[1]!.type.children
    expect(fields.map(({ name }: Field) => name)).toEqual(['10', '9', '8'])
  })
})
