import { Readable } from 'node:stream'
import type * as types from 'softmax-stream'
import { logSoftmax, read, type ScoreOptions, sigmoid, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { COLUMNS } from '../dist/core/output-columns.js'
import { reported, run } from './streams.js'
import { calibrationOf, command, predict } from './support.js'

// scipy.special.softmax([2, 3])
const [A, B] = ['0.2689414213699951', '0.7310585786300049']

const INPUT = 'id,label,logit_a,logit_b\n1,cat,2,3\n'

const CALIBRATION = calibrationOf({ coverage: 0.9, quantile: 0.5 })

describe('names of output columns', () => {
  it('are those that emit gives: the truth keeps its name', async () => {
    expect((await run(INPUT, { emit: 'probs,label=predicted' })).text).toBe(
      `id,label,p_a,p_b,predicted\n1,cat,${A},${B},b\n`,
    )
  })

  it('are a prefix for probabilities, in either lane', async () => {
    for (const lane of ['fast', 'general'] as const) {
      const { text } = await run(INPUT, { lane, emit: ['probs=prob_', 'label=predicted', 'confidence=C'] })
      expect(text).toBe(`id,label,prob_a,prob_b,predicted,C\n1,cat,${A},${B},b,${B}\n`)
    }
  })

  it('has the label beside the most probable classes, which a threshold may not make the first of them', async () => {
    const input = 'id,logit\n7,0.3\n'
    const options = { binary: 'no,yes', topK: 1 } as const
    const rows = [{ id: 7, logits: [0.3] }]
    for (const [threshold, label] of [
      [0.5, 'yes'],
      [0.9, 'no'],
    ] as const) {
      const line = `id,label_1,p_1,label\n7,yes,0.574442516811659,${label}\n`
      expect((await run(input, { ...options, threshold })).text).toBe(line)
      const { predictions } = await predict(rows, { ...options, threshold })
      expect(predictions).toMatchObject([{ label, top: [{ label: 'yes' }] }])
      expect(Buffer.concat(await Readable.from(predictions).compose(write('csv')).toArray()).toString()).toBe(line)
    }
    expect((await run(input, { ...options, emit: 'probs' })).text).toBe('id,label_1,p_1\n7,yes,0.574442516811659\n')
  })

  it('are prefixes for the most probable classes', async () => {
    const { text } = await run(INPUT, { topK: 2, emit: 'probs=prob_,label=best' })
    expect(text).toBe(`id,label,best_1,prob_1,best_2,prob_2,best\n1,cat,b,${B},a,${A},b\n`)
  })

  it('name a list of probabilities', async () => {
    const { text } = await run('{"label":"t","logits":[2,3]}\n', { from: 'ndjson', emit: 'probs=q,label=predicted' })
    expect(text).toBe(`{"label":"t","logits":[2,3],"q":[${A},${B}],"predicted":"1"}\n`)
  })

  it('may have any characters but a comma; in an array, these too', async () => {
    const { text } = await run(INPUT, { keep: false, emit: ['label=a=b, "c"'] })
    expect(text).toBe('"a=b, ""c"""\nb\n')
  })

  it('are no two alike', async () => {
    const { error } = await run(INPUT, { emit: 'label=x,index=x' })
    expect(reported(error)).toMatchObject({ code: 'E_NAME' })
    expect((await run(INPUT, { emit: 'label=id' })).error).toMatchObject({ code: 'E_NAME', info: { name: 'id' } })
  })

  it.each([
    ['label', "emit: 'probs,label=predicted'", {}],
    ['p_a', "emit: 'probs=prob_,label'", {}],
    ['margin', "emit: 'probs,margin=predicted_margin'", { emit: 'probs,margin' }],
  ] as const)('that a kept column has: the message has the option that renames %s', async (name, says, options) => {
    const input = `${name},logit_a,logit_b\n1,2,3\n`
    const { error } = await run(input, options)
    expect(error).toMatchObject({ code: 'E_NAME', info: { name } })
    expect(error!.message).toContain(says)
    expect((await run(input, { emit: /'(.*)'/.exec(says)![1] as never })).error).toBeUndefined()
  })

  it('that a kept column has: other names of classes are proposed where it is one of these', async () => {
    for (const [name, topK, isClass] of [
      ['p_a', undefined, true],
      ['label_1', 2, false],
      ['p_1', 2, false],
      ['label', undefined, false],
    ] as const) {
      const input = `${name},logit_a,logit_b\n1,2,3\n`
      const { error } = await run(input, { ...(topK && { topK }) })
      expect(error).toMatchObject({ code: 'E_NAME', info: { name } })
      expect(error!.message.includes(`keep: '!${name}' or rename the classes with labels`)).toBe(isClass)
      if (isClass) expect((await run(input, { labels: 'x,y' })).error).toBeUndefined()
    }
  })

  it('have to be those that an option is of', async () => {
    const of = async (emit: ScoreOptions['emit']) => (await run(INPUT, { topK: 1, emit, keep: false })).error
    for (const emit of ['label', 'confidence,entropy'] as const) {
      expect(await of(emit)).toMatchObject({
        code: 'E_CONFLICT',
        message: expect.stringContaining('topK works only with probs'),
      })
    }
    expect(await of('probs')).toBeUndefined()
    const { stderr, status } = command(['-k', '2', '--emit', 'label'], { stdin: INPUT })
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('--top-k works only with probs, which --emit does not list'),
    ])
  })

  it.each([
    ['label', { emit: 'label,confidence' }, 'label=predicted,confidence'],
    ['label', { emit: 'probs=pp_,label,confidence' }, 'probs=pp_,label=predicted,confidence'],
    ['confidence', { emit: 'label,confidence' }, 'label,confidence=predicted_confidence'],
    ['p_a', { emit: 'probs,entropy' }, 'probs=prob_,entropy'],
    ['p_a,label', {}, 'probs=prob_,label=predicted'],
    ['logp_a', { op: 'log-softmax' }, 'probs=prob_,label'],
    ['label_1', { topK: 1 }, 'probs,label=predicted'],
    ['label_1', { topK: 1, emit: 'probs,margin' }, 'probs,margin,label=predicted'],
    ['p_1', { topK: 1 }, 'probs=prob_,label'],
    ['predicted,label', {}, 'probs,label=predicted_label'],
    ['x', { emit: 'label=x' }, 'label'],
    ['x,label', { emit: ['label=x'] }, 'label=predicted'],
    ['id', { emit: 'label=p_a,probs' }, 'label=p_a,probs=prob_'],
    ['id', { emit: 'label=x,index=x' }, 'label=x,index'],
    ['id', { topK: 2, emit: 'probs=label_' }, 'probs=label_,label=predicted'],
  ] as const)('are proposed beside what else is asked for: %s with %j', async (names, options, emit) => {
    const row = names.replace(/\w+/g, '1')
    const input = `${names},logit_a,logit_b\n${row},2,3\n`
    const { error } = await run(input, options as ScoreOptions)
    expect(error).toMatchObject({ code: 'E_NAME', info: { emit } })
    expect(error!.message).toContain(`emit: '${emit}'`)
    const { text, error: none } = await run(input, { ...options, emit } as ScoreOptions)
    const header = text.split('\n')[0]!.split(',')
    expect({ none, twice: header.length - new Set(header).size }).toEqual({ none: undefined, twice: 0 })
  })

  it('are proposed for objects, of the first row and below it', async () => {
    for (const rows of [
      '{"logits":[2,3],"probs":1,"label":2}',
      '{"logits":[2,3]}\n{"logits":[2,3],"probs":1,"label":2}',
    ]) {
      const { error } = await run(rows, { from: 'ndjson', emit: 'probs,label,margin' })
      const emit = 'probs=probabilities,label=predicted,margin'
      expect(error).toMatchObject({ code: 'E_NAME', info: { emit } })
      expect((await run(rows, { from: 'ndjson', emit })).error).toBeUndefined()
    }
    const { error } = await predict([{ logits: [2, 3], index: 1 }], { emit: 'label,index' })
    expect(error).toMatchObject({ code: 'E_NAME', info: { emit: 'label,index=predicted_index' } })
    const fixed = await predict([{ logits: [2, 3], index: 1 }], { emit: 'label,index=predicted_index' })
    expect(fixed.error).toBeUndefined()
    // The probabilities of a prediction always have this name.
    const probabilities = await predict([{ logits: [2, 3] }, { logits: [2, 3], probabilities: 1 }])
    expect(probabilities.error).toMatchObject({ code: 'E_NAME', info: { emit: undefined } })
    expect(probabilities.error!.message).toMatch(/"probabilities"; drop the kept columns with keep: false/)
  })

  it('are proposed with the logits, where both are needed', async () => {
    const input = 'id,logp_a,logp_b,label\n1,-1.5,-0.25,b\n'
    const { error } = await run(input)
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'logp_a,logp_b', emit: 'probs,label=predicted' } })
    expect(error!.message).toContain("logits: 'logp_a,logp_b', emit: 'probs,label=predicted'")
    expect((await run(input, { logits: 'logp_a,logp_b', emit: 'probs,label=predicted' })).error).toBeUndefined()
    const shown = command([], { stdin: input }).stderr
    expect(shown).toContain('--logits logp_a,logp_b --emit probs,label=predicted')
    const objects = await predict([{ id: 1, logp_a: -1.5, logp_b: -0.25, label: 'b' }])
    const emit = 'probs,index,label=predicted'
    expect(objects.error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'logp_a,logp_b', emit } })
  })

  it('of two kept columns or classes that would be one key of an object: the message has what parts them', async () => {
    const kept = await run('a,a,logit_x,logit_y\n1,2,3,4\n', { to: 'ndjson' })
    expect(kept.error).toMatchObject({ code: 'E_NAME', info: { name: 'a', of: 'kept columns' } })
    expect(kept.error!.message).toContain("rename one in the input, or leave it out with keep: '!2'")
    const classes = await run('logit_x,logit_x\n2,3\n', { to: 'ndjson' })
    expect(classes.error).toMatchObject({ code: 'E_NAME', info: { name: 'x', of: 'classes' } })
    expect(classes.error!.message).toContain('labels names the classes')
    expect((await run('logit_x,logit_x\n2,3\n', { to: 'ndjson', labels: 'x,y' })).text).toBe(
      `{"p_x":${A},"p_y":${B},"label":"y"}\n`,
    )
  })

  it('are not empty', async () => {
    expect((await run(INPUT, { emit: 'label=' as never })).error).toMatchObject({ code: 'E_OPTION' })
  })
})

describe('names of properties', () => {
  const rows = [{ label: 't', logit_a: 2, logit_b: 3 }]

  it('are those that emit gives', async () => {
    const [prediction] = await Readable.from(rows)
      .compose(softmax({ emit: ['label=predicted', 'confidence=C'] }))
      .toArray()
    expect(prediction).toEqual({
      label: 't',
      predicted: 'b',
      C: Number(B),
    })
  })

  it('are those that emit gives, and no others; by default probabilities, index and label', async () => {
    const PROPERTIES: Record<string, string> = { probs: 'probabilities' }
    const given = { truth: 'y', calibration: CALIBRATION, labels: 'a,b' } as const
    for (const emit of Object.keys(COLUMNS) as types.OutputColumn[]) {
      const [make, options] = emit === 'labels' ? [sigmoid, { labels: 'a,b' }] : [softmax, given]
      const { predictions, error } = await predict([{ y: 'b', logits: [2, 3] }], { ...options, emit }, make)
      expect(error).toBeUndefined()
      expect(Object.keys(predictions[0]!)).toEqual(['y', PROPERTIES[emit] ?? emit])
    }
    const { predictions } = await predict([[2, 3]])
    expect(Object.keys(predictions[0]!)).toEqual(['probabilities', 'index', 'label'])
    // Without a new name for it, a property of the row keeps its own.
    const [kept] = (await predict([{ label: 't', index: 7, logits: [2, 3] }], { emit: 'confidence' })).predictions
    expect(kept).toEqual({ label: 't', index: 7, confidence: Number(B) })
  })

  it('are the columns that write makes of them, as score does', async () => {
    const input = 'id,label,logit_a,logit_b\n1,cat,2,3\n2,dog,3,2\n'
    const emits = ['probs,label=predicted', 'probs=prob_,index', 'label=y,confidence', 'margin=label_margin'] as const
    for (const emit of emits) {
      for (const to of ['csv', 'ndjson'] as const) {
        const rows = Readable.from([Buffer.from(input)]).compose(read('csv'))
        const bytes = await rows.compose(softmax({ emit })).compose(write(to)).toArray()
        expect(Buffer.concat(bytes).toString()).toBe((await run(input, { emit, to })).text)
      }
    }
    const numbers = Readable.from([{ logits: [2, 3] }])
      .compose(softmax({ emit: 'confidence' }))
      .compose(write('npy'))
    expect(Buffer.concat(await numbers.toArray()).readDoubleLE(128)).toBe(Number(B))
  })

  it('are all that write can give: what is missing is an error, of whatever records', async () => {
    for (const row of [
      { id: 1, label: 'a' },
      { probabilities: [0.5, 0.5], label: 'a' },
    ]) {
      const written = Readable.from([row]).compose(write('csv', { emit: 'label,margin' }))
      await expect(written.toArray()).rejects.toMatchObject({
        code: 'E_RECORD',
        info: { reason: 'it has no "margin", which emit lists' },
      })
    }
    const bytes = await Readable.from([{ id: 1, margin: 0.5, label: 'a' }])
      .compose(write('csv', { emit: 'label', keep: false }))
      .toArray()
    expect(Buffer.concat(bytes).toString()).toBe('label\na\n')
  })

  it('are found by write, beside a property with the usual name', async () => {
    const emit = 'probs=prob_,label=predicted'
    const written = Readable.from(rows)
      .compose(softmax({ emit: 'probs,label=predicted' }))
      .compose(write('csv', { emit }))
    expect(String(Buffer.concat(await written.toArray()))).toBe(`label,prob_a,prob_b,predicted\nt,${A},${B},b\n`)
  })

  it('are given to predictions with the usual ones by write', async () => {
    const written = Readable.from([{ logits: [0, 0] }])
      .compose(logSoftmax())
      .compose(write('csv', { emit: ['probs=log ', 'label=predicted'] }))
    const half = '-0.6931471805599453'
    expect(String(Buffer.concat(await written.toArray()))).toBe(`log 0,log 1,predicted\n${half},${half},0\n`)
  })
})
