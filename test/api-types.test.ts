/** Type tests of the API, checked by `tsc -p test`: no result is `any`, and unknown options do not compile. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as types from 'softmax-stream'
import * as api from 'softmax-stream'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { OptionsOf } from '../dist/core/options.js'
import { optionInterfaces } from './option-interfaces.js'
import { ROOT } from './support.js'

const {
  evaluate,
  logSigmoid,
  logSoftmax,
  read,
  SoftmaxError,
  score,
  scoreFiles,
  sigmoid,
  softmax,
  softmaxMatrix,
  write,
} = api

/** True for the type `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false

describe('what comes out', () => {
  it('of one of several streams has the events of all of them', () => {
    const either = Math.random() < 2 ? softmax() : score()
    either
      .on('data', (item) => expectTypeOf(item).toExtend<types.Prediction | Buffer>())
      .once('warning', (text) => expectTypeOf(text).toEqualTypeOf<string>())
      .addListener('error', (error) => expectTypeOf(error).toEqualTypeOf<Error>())
    // @ts-expect-error no stream has it
    either.on('warnings', () => {})
    // @ts-expect-error not all streams have it
    either.on('input', () => {})
    for (const step of [read('csv'), softmax(), write('csv')]) {
      expectTypeOf(step.on('warning', (text) => expectTypeOf(text).toEqualTypeOf<string>())).toEqualTypeOf(step)
    }
    const sources = [scoreFiles('a.csv'), read('csv')]
    for (const source of sources) source.on('header', (names) => expectTypeOf(names).toEqualTypeOf<string[]>())
    for (const source of sources) source.destroy()
  })

  it('of the streams of bytes are buffers, and events with their arguments', async () => {
    const stream = score()
    for await (const bytes of Readable.from(['logit_a,logit_b\n1,2\n']).compose(stream))
      expectTypeOf(bytes).toEqualTypeOf<Buffer>()
    stream.on('data', (bytes) => expectTypeOf(bytes).toEqualTypeOf<Buffer>())
    stream.on('schema', (schema, source) => {
      expectTypeOf(schema).toEqualTypeOf<types.Schema>()
      expectTypeOf(source).toEqualTypeOf<string | undefined>()
    })
    stream.on('warning', (text) => expectTypeOf(text).toEqualTypeOf<string>())
    stream.on('header', (names) => expectTypeOf(names).toEqualTypeOf<string[]>())
    // @ts-expect-error: it is called warning
    stream.on('warnings', () => {})
    expectTypeOf(stream.stats).toEqualTypeOf<types.Stats>()
    const table = () => Readable.from(['logit_a,logit_b,y\n1,2,a\n'])
    expectTypeOf(await scoreFiles([table()]).toArray()).toEqualTypeOf<Buffer[]>()
    expectTypeOf(scoreFiles([table()])).toExtend<types.FilesStream>()
    expectTypeOf(scoreFiles([table()]).metrics()).toEqualTypeOf<types.Metrics | undefined>()
    const options = { truth: 'y' } satisfies types.EvaluateOptions
    expectTypeOf(evaluate([table()], options)).toEqualTypeOf<Promise<types.Metrics>>()
    // @ts-expect-error: the column of true classes is missing
    await expect(evaluate([table()], {})).rejects.toMatchObject({ code: 'E_OPTION' })
    expectTypeOf(write('csv').read()).toEqualTypeOf<Buffer | null>()
    expectTypeOf(write('csv')).toEqualTypeOf<types.WriterStream>()
    expectTypeOf<IsAny<types.ScoreEvents['schema'][0]>>().toEqualTypeOf<false>()
  })

  it('of the streams of objects are rows and predictions', async () => {
    const rows = Readable.from(['logit_a,logit_b\n1,2\n']).pipe(read('csv'))
    for await (const prediction of rows.compose(softmax())) {
      expectTypeOf(prediction.probabilities).toEqualTypeOf<number[]>()
      expectTypeOf(prediction.label).toEqualTypeOf<string>()
      expectTypeOf(prediction.top).not.toBeAny()
      expectTypeOf(prediction.other).toBeUnknown()
    }
    expectTypeOf(rows.read()).toEqualTypeOf<Record<string, unknown> | null>()
    expectTypeOf(read('csv', { header: false }).read()).toEqualTypeOf<string[] | null>()
    expectTypeOf(read('csv', {} as types.ReadOptions)).toEqualTypeOf<types.RowStream<types.Row>>()
    expectTypeOf(logSoftmax().read()?.logProbabilities).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(logSigmoid().read()?.logProbabilities).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(sigmoid().read()?.probabilities).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(softmax({ topK: 2 }).read()?.top).not.toBeAny()
    expectTypeOf(softmax({ minConfidence: 0.5 }).read()?.label).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(sigmoid({ emit: 'labels' }).read()?.labels).toEqualTypeOf<string[] | undefined>()
    expectTypeOf(softmax({} as types.SoftmaxOptions)).toEqualTypeOf<types.PredictionStream>()
    const one = <P extends types.Prediction | types.NullablePrediction>(_: types.PredictionStream<P>) => ({}) as P
    const named = one(softmax({ emit: 'probs,label=predicted,rank', truth: 'y' }))
    expectTypeOf(named.probabilities).toEqualTypeOf<number[]>()
    expectTypeOf(named.predicted).toEqualTypeOf<string>()
    expectTypeOf(named.rank).toEqualTypeOf<number | null>()
    expectTypeOf(named.label).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(one(logSoftmax({ emit: ['probs', 'index=at'] })).at).toEqualTypeOf<number>()
    expectTypeOf(one(logSigmoid({ emit: ['probs'] })).logProbabilities).toEqualTypeOf<number[]>()
    type Top = NonNullable<types.Prediction['top']>
    const best = one(softmax({ emit: 'probs,label', topK: 2, minConfidence: 0.5 }))
    expectTypeOf(best.top).toExtend<Top>()
    expectTypeOf<(typeof best)['top'][number]['label']>().toEqualTypeOf<string | null>()
    expectTypeOf<(typeof best)['top'][number]['probability']>().toEqualTypeOf<number>()
    expectTypeOf<(typeof best)['top'][number]['logProbability']>().toEqualTypeOf<number | undefined>()
    expectTypeOf(best.label).toEqualTypeOf<string | null>()
    expectTypeOf(best.probabilities).toEqualTypeOf<number[] | undefined>()
    const ranked = one(logSoftmax({ topK: 2 }))
    expectTypeOf<(typeof ranked)['top'][number]['label']>().toEqualTypeOf<string>()
    expectTypeOf<(typeof ranked)['top'][number]['logProbability']>().toEqualTypeOf<number>()
    expectTypeOf<(typeof ranked)['top'][number]['probability']>().toEqualTypeOf<number | undefined>()
    expectTypeOf(one(softmax({ topK: 2 })).label).toEqualTypeOf<string>()
    expectTypeOf(one(sigmoid({ minConfidence: 0.5 })).label).toEqualTypeOf<string | null>()
    expectTypeOf(one(softmax({ nonfinite: 'propagate' })).label).toEqualTypeOf<string | null>()
    expectTypeOf(one(softmax({ nonfinite: 'error', topK: 2 })).label).toEqualTypeOf<string>()
    expectTypeOf(one(softmax({ logits: 'model.scores', nonfinite: 'null' })).label).toEqualTypeOf<string | null>()
    expectTypeOf(one(softmax({ logits: 'model.scores', topK: 2 })).top).toExtend<object[]>()
    const nullable = one(softmax({ nonfinite: 'null' }))
    expectTypeOf(nullable.probabilities).toEqualTypeOf<number[] | null>()
    expectTypeOf(nullable.index).toEqualTypeOf<number | null>()
    expectTypeOf(nullable.label).toEqualTypeOf<string | null>()
    expectTypeOf(nullable.entropy).toEqualTypeOf<number | null | undefined>()
    expectTypeOf(nullable).toExtend<types.NullablePrediction>()
    expectTypeOf(one(logSoftmax({ nonfinite: 'null', topK: 2, emit: 'probs' })).top).toExtend<object[] | null>()
    const decided = process.argv.length > 1 ? 'null' : 'error'
    expectTypeOf(one(softmax({ nonfinite: decided })).index).toEqualTypeOf<number | null>()
    expectTypeOf(one(softmax({ nonfinite: 'propagate' })).index).toEqualTypeOf<number>()
    const maybe = one(softmax({ emit: 'probs,label', topK: undefined as number | undefined }))
    expectTypeOf(maybe.probabilities).toEqualTypeOf<number[] | undefined>()
    // Nothing is promised about what is known only at run time.
    const columns: types.Emitted[] = ['label']
    expectTypeOf(one(softmax({ emit: columns })).label).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(one(softmax({ emit: 'label' as types.EmitList })).index).toEqualTypeOf<number | undefined>()
    // @ts-expect-error
    expect(() => softmax({ emit: 'label', nonsense: 1 })).toThrow()
    softmax().once('schema', (schema) => expectTypeOf(schema).toEqualTypeOf<types.Schema>())
    await pipeline([[2, 1]] satisfies types.LogitsRow[], softmax(), async (all) => {
      for await (const { index } of all) expectTypeOf(index).toEqualTypeOf<number>()
    })
  })

  it('of a pipeline are rows, not streams', async () => {
    async function* labels(source: AsyncIterable<{ label: string }>) {
      for await (const { label } of source) yield label
    }
    const rows = [[2, 1]]
    await pipeline(rows, softmax(), async (all) => {
      for await (const row of all) {
        expectTypeOf(row.label).toEqualTypeOf<string>()
        // The name of a method of a stream, which is no property of a row.
        expectTypeOf(row.pipe).toBeUnknown()
      }
    })
    await pipeline(rows, softmax(), labels, async (all) => {
      for await (const label of all) expectTypeOf(label).toEqualTypeOf<string>()
    })
    await pipeline(rows, softmax<{ id: number }>({ topK: 1 }), labels, async (all) => {
      for await (const label of all) expectTypeOf(label).toEqualTypeOf<string>()
    })
    await pipeline(
      rows,
      softmax({ emit: 'label' }),
      async function* (all) {
        for await (const { label } of all) yield label
      },
      async (all) => {
        for await (const label of all) expectTypeOf(label).toEqualTypeOf<string>()
      },
    )
    await pipeline(rows, softmax(), write('csv'), async (all) => {
      for await (const bytes of all) expectTypeOf(bytes).toEqualTypeOf<Buffer>()
    })
  })

  it('of a pipeline are checked in the functions after it', async () => {
    const rows = [{ id: 1, logits: [9, 1] }]
    async function* lengths(source: AsyncIterable<{ label: string }>) {
      for await (const { label } of source) yield label.length
    }
    async function* others(source: AsyncIterable<{ name: string }>) {
      for await (const { name } of source) yield `${name}`
    }
    async function end(all: AsyncIterable<unknown>) {
      for await (const one of all) expect(one).not.toBeNull()
    }
    await pipeline(rows, softmax<(typeof rows)[0]>(), lengths, end)
    // @ts-expect-error the label may be null
    await pipeline(rows, softmax<(typeof rows)[0]>({ minConfidence: 0.9 }), lengths, end)
    // @ts-expect-error predictions have no name
    await pipeline(rows, softmax(), others, end)
    // @ts-expect-error
    await pipeline(rows, softmax<(typeof rows)[0]>({ logits: 'logits' }), others, end)
    await pipeline(
      rows,
      softmax<(typeof rows)[0]>({ minConfidence: 0.9 }),
      async function* (predictions) {
        for await (const { id, label } of predictions) yield [id, label] as const
      },
      async (all) => {
        for await (const [id, label] of all) {
          expectTypeOf(id).toEqualTypeOf<number>()
          expectTypeOf(label).toEqualTypeOf<string | null | undefined>()
        }
      },
    )
  })

  it('of iterator() are those of the stream', async () => {
    const stream = softmax<{ id: number }>()
    stream.end([2, 1])
    for await (const { id, label } of stream.iterator({ destroyOnReturn: false })) {
      expectTypeOf(id).toEqualTypeOf<number>()
      expectTypeOf(label).toEqualTypeOf<string>()
    }
    for await (const bytes of scoreFiles([Readable.from(['logit_a,logit_b\n1,2\n'])]).iterator())
      expectTypeOf(bytes).toEqualTypeOf<Buffer>()
  })

  it('of rows are properties that streams have, too', async () => {
    interface Shop {
      closed: string
      errored: number
    }
    const rows = [{ closed: 'Sunday', errored: 0, logits: [2, 1] }]
    await pipeline(rows, softmax<Shop>(), async (all) => {
      for await (const { closed } of all) expectTypeOf(closed).toEqualTypeOf<string>()
    })
    for await (const { closed, errored, label } of Readable.from(rows).compose(softmax<Shop>())) {
      expectTypeOf(closed).toEqualTypeOf<string>()
      expectTypeOf(errored).toEqualTypeOf<number>()
      expectTypeOf(label).toEqualTypeOf<string>()
    }
  })

  it('of the streams of objects are what else the rows have', async () => {
    const one = <P extends types.Prediction | types.NullablePrediction>(_: types.PredictionStream<P>) => ({}) as P
    const rows = Readable.from([{ id: 7, logits: [2, 1] }])
    for await (const { id, label } of rows.compose(softmax<{ id: number }>())) {
      expectTypeOf(id).toEqualTypeOf<number>()
      expectTypeOf(label).toEqualTypeOf<string>()
    }
    const scored = Readable.from([{ id: 7, scores: [2, 1] }])
    for await (const row of scored.compose(softmax<{ id: number; scores: number[] }>({ logits: 'scores' }))) {
      expectTypeOf(row.id).toEqualTypeOf<number>()
      // @ts-expect-error
      expect(row.scores).toBeUndefined()
    }
    type Scored = { id: number; name: string; scores: Float32Array; outputs: { scores: number[] } }
    const named = one(softmax<Scored>({ logits: 'scores', emit: ['label'] }))
    expectTypeOf(named.scores).toBeUnknown()
    expectTypeOf(named.name).toEqualTypeOf<string>()
    expectTypeOf(one(sigmoid<Scored, 'label'>({ logits: 'scores', emit: 'label' })).label).toEqualTypeOf<string>()
    // A value inside another one stays there.
    expectTypeOf(one(softmax<Scored>({ logits: 'outputs.scores' })).outputs).toEqualTypeOf<{ scores: number[] }>()
    expectTypeOf(one(softmax<Scored>({ logits: 'outputs.scores' })).scores).toEqualTypeOf<Float32Array>()
    const either = one(softmax<{ id: number; scores: number[]; pixels: number[] }>({ logits: 'scores' }))
    expectTypeOf(either.pixels).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(either.id).toEqualTypeOf<number>()
    // @ts-expect-error
    expect(one(softmax<{ scores: { cat: number; dog: number } }>({ logits: 'scores' })).scores).toBeUndefined()
    interface Scores {
      cat: number
      dog: number
    }
    expectTypeOf(one(softmax<{ scores: Scores; size: number }>({ logits: 'scores' })).size).toEqualTypeOf<number>()
    expectTypeOf(one(softmax<{ scores: Scores }>({ logits: 'scores' }))).not.toHaveProperty('scores')
    // Which of several properties are selected is known only at run time, unless the type argument leaves them out.
    type Columns = { id: number; cat: number; dog: number }
    type Animals = { cat: number; dog?: string; by: { name: string }; at: Date | null }
    for (const logits of ['cat,dog', 'c*', ['cat', 'dog'], 'cat-dog'] as const) {
      const animal = one(softmax<Animals>({ logits }))
      expectTypeOf(animal.cat).toEqualTypeOf<number | undefined>()
      expectTypeOf(animal.dog).toEqualTypeOf<string | undefined>()
      expectTypeOf(animal.by).toEqualTypeOf<{ name: string }>()
      expectTypeOf(animal.at).toEqualTypeOf<Date | null>()
      expectTypeOf(animal.probabilities).toEqualTypeOf<number[]>()
      const animals = Readable.from([{ cat: 2, dog: '1', by: { name: 'x' }, at: null }] satisfies Animals[])
      const [found] = await animals.compose(softmax<Animals>({ logits })).toArray()
      expect(found).toMatchObject({ by: { name: 'x' }, at: null })
      expect(found).not.toHaveProperty('cat')
    }
    const said = one(softmax<Animals, 'confidence'>({ logits: 'cat,dog', emit: 'confidence' }))
    expectTypeOf(said.confidence).toEqualTypeOf<number>()
    expectTypeOf(said.cat).toEqualTypeOf<number | undefined>()
    const two = one(softmax<Columns>({ logits: 'cat,dog', topK: 1 }))
    expectTypeOf(two.id).toEqualTypeOf<number | undefined>()
    expectTypeOf(one(softmax<{ a: number; b: number }>({ logits: ['a', 'b'] })).a).toEqualTypeOf<number | undefined>()
    expectTypeOf(one(softmax<Record<string, number>>({ logits: 'a,b' })).a).toEqualTypeOf<number>()
    const columns = Readable.from([{ id: 7, cat: 2, dog: 1 }] satisfies Columns[])
    for await (const row of columns.compose(softmax<Omit<Columns, 'cat' | 'dog'>>({ logits: 'cat,dog' }))) {
      expectTypeOf(row.id).toEqualTypeOf<number>()
      expectTypeOf(row).not.toHaveProperty('cat')
      expect(row).not.toHaveProperty('cat')
    }
    // A list of strings may hold logits if there is no list of numbers.
    const tagged = one(softmax<{ scores: number[]; tags: string[] }>({ logits: 'scores' }))
    expectTypeOf(tagged.tags).toEqualTypeOf<string[]>()
    expectTypeOf(tagged).not.toHaveProperty('scores')
    expectTypeOf(one(softmax<{ scores: string[] }>({ logits: 'scores' }))).not.toHaveProperty('scores')
    // biome-ignore lint/suspicious/noExplicitAny: it is what is tested
    expectTypeOf(one(softmax<any>()).other).toBeAny()
    type Named = { logit: 1; Logits_a: 2; logit7: 3; 'logit.b': 4; logitech: 5 }
    const rest = one(softmax<Named>())
    expectTypeOf(rest.logitech).toEqualTypeOf<5>()
    expectTypeOf(rest).not.toHaveProperty('Logits_a')
    expectTypeOf(rest).not.toHaveProperty('logit7')
    expectTypeOf(rest).not.toHaveProperty('logit.b')
    expectTypeOf(rest).not.toHaveProperty('logit')
    expectTypeOf(one(softmax<{ id: number; logit_a: number }>())).not.toHaveProperty('logit_a')
    expectTypeOf(one(softmax<number[]>())).not.toHaveProperty('length')
    expectTypeOf(one(logSoftmax<{ id: number; logits: number[] }>()).id).toEqualTypeOf<number>()
    expectTypeOf(one(logSoftmax<{ id: number; logits: number[] }>())).not.toHaveProperty('logits')
    // The compiler does not know what a selector keeps.
    const keeping = one(softmax<{ id: number; logits: number[] }>({ keep: 'id' }))
    expectTypeOf(keeping.id).toEqualTypeOf<number | undefined>()
    expectTypeOf(keeping.probabilities).toEqualTypeOf<number[]>()
    expectTypeOf(one(softmax<{ id: number }>({ keep: true })).id).toEqualTypeOf<number>()
    expectTypeOf(one(softmax<{ id: number }>({ keep: ['id'], topK: 2 })).id).toEqualTypeOf<number | undefined>()
    expectTypeOf(one(softmax<{ id: number }, 'rank'>({ keep: false, emit: 'rank', truth: 'y' })).rank).toEqualTypeOf<
      number | null
    >()
    expectTypeOf(one(softmax({ keep: false })).label).toEqualTypeOf<string>()
    // @ts-expect-error
    expect(() => softmax({ keep: 1 })).toThrow()
    const some = one(sigmoid<{ id: number }>({ emit: ['labels'], onError: 'skip' }))
    expectTypeOf(some.id).toEqualTypeOf<number>()
    expectTypeOf(some.labels).toEqualTypeOf<string[] | undefined>()
    const both = one(softmax<{ id: bigint }, 'label,confidence'>({ logits: 'scores', emit: 'label,confidence' }))
    expectTypeOf(both.id).toEqualTypeOf<bigint>()
    expectTypeOf(both.label).toEqualTypeOf<string>()
    expectTypeOf(both.confidence).toEqualTypeOf<number>()
    const text = one(softmax<{ id: bigint }>({ emit: 'label,confidence=sure' }))
    expectTypeOf(text.id).toEqualTypeOf<bigint>()
    expectTypeOf(text.label).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(one(softmax<Scored>({ logits: 'scores', emit: 'label,margin' })).margin).toEqualTypeOf<
      number | undefined
    >()
    const unsure = { emit: 'probs,label', minConfidence: 0.5 } as const
    expectTypeOf(one(softmax<Scored, 'probs,label'>({ ...unsure, logits: 'scores' })).label).toEqualTypeOf<
      string | null
    >()
    expectTypeOf(one(softmax<{ id: bigint }, 'probs,label'>(unsure)).label).toEqualTypeOf<string | null>()
    const propagated = one(softmax<{ id: bigint }, 'label'>({ emit: 'label', nonfinite: 'propagate' }))
    expectTypeOf(propagated.label).toEqualTypeOf<string | null>()
    const withNull = one(softmax<{ id: bigint }, 'probs,index'>({ emit: 'probs,index', nonfinite: 'null' }))
    expectTypeOf(withNull.probabilities).toEqualTypeOf<number[] | null | undefined>()
    expectTypeOf(withNull.index).toEqualTypeOf<number | null>()
    expectTypeOf(withNull.id).toEqualTypeOf<bigint>()
    const ofList = one(softmax<Scored, 'index'>({ logits: 'scores', emit: 'index', nonfinite: 'null' }))
    expectTypeOf(ofList.index).toEqualTypeOf<number | null>()
    expectTypeOf(one(softmax<Scored>({ keep: 'id', nonfinite: 'null' })).label).toEqualTypeOf<
      string | null | undefined
    >()
    type Listed = { label: string; probability: number }[]
    expectTypeOf(one(softmax<{ id: bigint }>({ topK: 2 })).top).toExtend<Listed>()
    expectTypeOf(one(softmax<{ id: bigint }>({ topK: 2 })).id).toEqualTypeOf<bigint>()
    expectTypeOf(one(softmax<{ id: bigint }>({ topK: 2 })).probabilities).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(one(softmax<Scored>({ topK: 2, logits: 'scores' })).top).toExtend<Listed>()
    const few = one(softmax<{ id: bigint }, 'probs,rank'>({ emit: 'probs,rank', topK: 2, truth: 'y' }))
    expectTypeOf(few.probabilities).toEqualTypeOf<number[] | undefined>()
    expectTypeOf(few.id).toEqualTypeOf<bigint>()
    // @ts-expect-error
    expect(() => softmax<{ id: bigint }>({ emit: 'labl,confidence' })).toThrow()
    // @ts-expect-error
    expect(() => softmax<{ id: bigint }>({ emit: 'label,confidenze' })).toThrow()
    // @ts-expect-error
    expect(() => softmax<Scored>({ emit: 'label,confidenze', logits: 'scores' })).toThrow()
    // @ts-expect-error
    expect(() => softmax({ emit: 'label,margin,confidenze' })).toThrow()
    // @ts-expect-error
    expect(() => score({ emit: 'label,confidenze' })).toThrow()
    // @ts-expect-error
    expect(() => softmax<{ id: bigint }, 'label,confidense'>({ emit: 'label,confidense' })).toThrow()
  })

  it('of typed rows have no other properties, so that a misspelt one does not compile', async () => {
    type Named = { id: number; logits: number[] }
    const rows: Named[] = [{ id: 1, logits: [2, 1] }]
    const [first] = await Readable.from(rows).compose(softmax<Named>()).toArray()
    expectTypeOf(first!.id).toEqualTypeOf<number>()
    // @ts-expect-error
    expect(first!.probabilites).toBeUndefined()
    const [kept] = await Readable.from(rows)
      .compose(softmax<Named>({ keep: 'id' }))
      .toArray()
    // @ts-expect-error
    expect(kept!.idd).toBeUndefined()
    const [renamed] = await Readable.from(rows)
      .compose(softmax<Named, 'label=class'>({ emit: 'label=class' }))
      .toArray()
    expectTypeOf(renamed!.class).toEqualTypeOf<string>()
    // @ts-expect-error
    expect(renamed!.clas).toBeUndefined()
    // Known only at run time, emit may give any name.
    const [some] = await Readable.from(rows)
      .compose(softmax<Named>({ emit: 'label=class' }))
      .toArray()
    expectTypeOf(some!.class).toEqualTypeOf<unknown>()
    const [any] = await Readable.from(rows).compose(softmax()).toArray()
    expectTypeOf(any!.id).toEqualTypeOf<unknown>()
    expectTypeOf(first!).toExtend<types.Prediction>()
  })

  it('of a matrix are typed arrays', () => {
    const scores = softmaxMatrix([1, 2], 1, 2, { emit: 'margin' } satisfies types.MatrixOptions)
    expectTypeOf(scores).toExtend<types.MatrixScores>()
    expectTypeOf(scores.values).toEqualTypeOf<Float64Array>()
    expectTypeOf(scores.margin).toEqualTypeOf<Float64Array>()
    expectTypeOf(scores.confidence).toEqualTypeOf<Float64Array | undefined>()
    const narrow = softmaxMatrix([1, 2], 1, 2, { float32: true, emit: ['probs', 'confidence'], topK: 2 })
    expectTypeOf(narrow.values).toEqualTypeOf<Float32Array>()
    expectTypeOf(narrow.confidence).toEqualTypeOf<Float32Array>()
    expectTypeOf(narrow.top).toEqualTypeOf<Uint32Array>()
    expectTypeOf(narrow.abstained).toEqualTypeOf<Uint8Array | undefined>()
    expectTypeOf(softmaxMatrix([1, 2], 1, 2, { minConfidence: 0.5 }).abstained).toEqualTypeOf<Uint8Array>()
    expectTypeOf(softmaxMatrix([1, 2], 1, 2).values).toEqualTypeOf<Float64Array>()
    // Nothing is promised about what is known only at run time.
    const unknown = softmaxMatrix([1, 2], 1, 2, {} as types.MatrixOptions)
    expectTypeOf(unknown.values).toEqualTypeOf<Float64Array | Float32Array>()
    expectTypeOf(unknown.top).toEqualTypeOf<Uint32Array | undefined>()
    expectTypeOf(unknown.margin).toEqualTypeOf<Float64Array | Float32Array | undefined>()
    // @ts-expect-error
    expect(() => softmaxMatrix([1, 2], 1, 2, { emit: 'probs,confidenze' })).toThrow()
  })

  it('of an error is the data of its code', () => {
    const error: unknown = new SoftmaxError('E_CELL', { cell: 'x', row: 7 } satisfies types.Info<'E_CELL'> &
      types.Place)
    if (!(error instanceof SoftmaxError)) return expect.fail()
    expectTypeOf(error.code).toEqualTypeOf<types.Code>()
    expectTypeOf(error.info.row).toEqualTypeOf<number | undefined>()
    if (error.code === 'E_CELL') expectTypeOf(error.info.cell).toEqualTypeOf<string>()
    if (error.code === 'E_WIDTH') expectTypeOf(error.info.cells).toEqualTypeOf<number>()
    if (SoftmaxError.is(error, 'E_COLUMNS')) expectTypeOf(error.info.header).toEqualTypeOf<string[]>()
    // @ts-expect-error: an E_CELL error has no width
    if (error.code === 'E_CELL') expect(error.info.width).toBeUndefined()
    const onReject: types.RejectHandler = ({ code, raw }) => expectTypeOf([code, raw]).toEqualTypeOf<unknown[]>()
    expect(softmax({ onReject }).stats satisfies types.RowTotals).toEqual({
      read: 0,
      written: 0,
      abstained: 0,
      rejected: {},
    })
  })
})

describe('options', () => {
  it('that are none do not compile', () => {
    // @ts-expect-error
    expect(() => score({ op: 'nonsense' })).toThrow()
    // @ts-expect-error
    expect(() => score({ emit: 'nonsense' })).toThrow()
    // @ts-expect-error
    expect(() => softmax({ emit: ['nonsense'] })).toThrow()
    // @ts-expect-error
    expect(() => softmax({ emit: 'label,confidnce' })).toThrow()
    // @ts-expect-error
    expect(() => logSoftmax({ emit: ['label', 'confidnce'], topK: 2 })).toThrow()
    // @ts-expect-error
    expect(() => score({ nonsense: true })).toThrow()
    // @ts-expect-error
    expect(() => softmax({ delimiter: ';' })).toThrow()
    // @ts-expect-error
    expect(() => softmax({ temperature: '2' })).toThrow()
    // @ts-expect-error
    expect(() => softmaxMatrix([1], 1, 1, { keep: true })).toThrow()
    // @ts-expect-error
    expect(() => read('xlsx')).toThrow()
    // @ts-expect-error
    expect(() => write('csv', { onError: 'skip' })).toThrow()
    expect(
      score({ emit: 'probs,label=predicted', op: 'log-softmax', to: 'csv' satisfies types.FormatName }),
    ).toBeTruthy()
    expect(
      score({ emit: ['label=predicted' satisfies types.Emitted, 'margin' satisfies types.OutputColumn] }),
    ).toBeTruthy()
  })

  it('are written out in no overload, where an editor would show no documentation', () => {
    for (const name of ['softmax', 'softmax-matrix']) {
      const declared = readFileSync(join(ROOT, `dist/api/${name}.d.ts`), 'utf8')
      expect(declared).toContain('Documented<')
      expect(declared).not.toMatch(/\b(?:emit|topK|minConfidence|nonfinite|float32)\??: [A-Z]/)
    }
  })

  it('are documented one by one, each in an interface', () => {
    const path = join(ROOT, 'src/api/options.ts')
    if (process.env.UPDATE) writeFileSync(path, optionInterfaces())
    expect(readFileSync(path, 'utf8')).toBe(optionInterfaces())
    expectTypeOf<OptionsOf<'bytes'>>().toEqualTypeOf<{ [N in keyof types.ScoreOptions]: types.ScoreOptions[N] }>()
    expectTypeOf<OptionsOf<'objects'>>().toEqualTypeOf<{ [N in keyof types.SoftmaxOptions]: types.SoftmaxOptions[N] }>()
    expectTypeOf<OptionsOf<'matrix'>>().toEqualTypeOf<{ [N in keyof types.MatrixOptions]: types.MatrixOptions[N] }>()
    expectTypeOf<OptionsOf<'read'>>().toEqualTypeOf<{ [N in keyof types.ReadOptions]: types.ReadOptions[N] }>()
    expectTypeOf<OptionsOf<'write'>>().toEqualTypeOf<{ [N in keyof types.WriteOptions]: types.WriteOptions[N] }>()
    expectTypeOf<keyof types.ScoreOptions>().toExtend<keyof typeof api.OPTIONS>()
  })
})
