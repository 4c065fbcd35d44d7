import { closeSync, createReadStream, openSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Stream, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { calibrate, evaluate, type FilesStream, report, type ScoreOptions, score, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { folder, openFiles } from './support.js'

const HEADER = 'id,logit_a,logit_b\n'
const LARGE = HEADER + '7,2,1\n'.repeat(1_000_000)

/** A source that yields some chunks and then fails. */
function failing(failure: Error, chunks: string[]): Readable {
  return Readable.from(
    (function* () {
      yield* chunks.map((chunk) => Buffer.from(chunk))
      throw failure
    })(),
    { objectMode: false },
  )
}

const takeNone = () => new Writable({ write: (_, __, done) => done(new Error('no room')) })

describe('a single input', () => {
  const text = 'logit_a,logit_b,y\n2,1,a\n2,1,a\n2,1,b\n1,2,b\n'

  it('may stand without a list, as a path or a stream', async () => {
    const path = join(folder({ 'in.csv': text }), 'in.csv')
    const stream = () => Readable.from([text])
    expect(await evaluate(path, { truth: 'y' })).toMatchObject({ rows: 4, accuracy: 0.75 })
    expect(await evaluate(path, { truth: 'y' })).toEqual(await evaluate([path], { truth: 'y' }))
    expect(await evaluate(stream(), { truth: 'y' })).toEqual(await evaluate([path], { truth: 'y' }))
    expect(await calibrate(path, { truth: 'y' })).toEqual(await calibrate([stream()], { truth: 'y' }))
    expect((await report(path, { truth: 'y' })).html).toBe((await report([path], { truth: 'y' })).html)
    expect(Buffer.concat(await scoreFiles(path).toArray())).toEqual(Buffer.concat(await scoreFiles([path]).toArray()))
  })

  it('of another kind is refused', async () => {
    for (const inputs of [undefined, 7, Buffer.from(text), [7], [null], [['in.csv']], new URL('file:///in.csv')]) {
      const refused = {
        code: 'E_OPTION',
        message: expect.stringContaining(
          'takes a path, a Node.js stream (Readable.from() makes one), or a list of these',
        ),
      }
      await expect(evaluate(inputs as never, { truth: 'y' })).rejects.toMatchObject(refused)
      expect(() => scoreFiles(inputs as never)).toThrow(expect.objectContaining(refused))
    }
    for (const verb of [evaluate, calibrate, report]) {
      await expect(verb([], { truth: 'y' })).rejects.toMatchObject({
        code: 'E_OPTION',
        message: `${verb.name}: the list of inputs is empty; give at least one path or stream [E_OPTION]`,
      })
    }
    expect(() => scoreFiles([])).toThrow('scoreFiles: the list of inputs is empty; give at least one')
    const web = new Blob([text]).stream()
    expect(() => scoreFiles(web as never)).toThrow('not "[object ReadableStream]"')
    expect(await evaluate(Readable.from(web), { truth: 'y' })).toMatchObject({ rows: 4 })
  })
})

describe('a stream as an input', () => {
  const text = `${HEADER}7,2,1\n`

  it('may be of an older design', async () => {
    const source = Object.assign(new Stream(), { readable: true, pause() {}, resume() {} })
    const scored = scoreFiles(source as Readable).toArray()
    source.emit('data', Buffer.from(text))
    source.emit('end')
    expect(String(await scored)).toContain('7,0.7')
  })

  it('that nothing can be read of is refused', async () => {
    const read = Readable.from([text])
    await read.toArray()
    const once = Readable.from([text])
    const refusals: [Readable[], string][] = [
      [[read], 'the stream has been read to its end already'],
      [[once, once], 'a stream is listed twice'],
      [[new Writable() as unknown as Readable], 'takes a path, a Node.js stream'],
    ]
    for (const [inputs, message] of refusals) expect(() => scoreFiles(inputs)).toThrow(message)
    await expect(evaluate([once, once], { truth: 'y' })).rejects.toThrow('listed twice')
  })

  it('may be of a file that is not open here, or no longer', async () => {
    const path = join(folder({ 'in.csv': text }), 'in.csv')
    for (const opened of [undefined, Buffer.from('handle'), 2 ** 31 - 1]) {
      const elsewhere = new PassThrough()
      setImmediate(() => elsewhere.emit('open', opened) && elsewhere.end(text))
      expect(String(await scoreFiles(elsewhere).toArray())).toContain('7,0.7')
    }
    const fd = openSync(path, 'r')
    const closed = createReadStream('', { fd, autoClose: false }).on('end', () => closeSync(fd))
    expect(String(await scoreFiles(closed).toArray())).toContain('7,0.7')
  })

  it('has a name in errors, rejects and events: its position if there are several, or the given one, or its own', async () => {
    const bad = 'y,logit_a,logit_b\na,x,1\na,1,2\n'
    const sources = async (inputs: Readable[], options: ScoreOptions) => {
      const found: unknown[] = []
      const onReject = ({ source }: { source?: string }) => void found.push(source)
      const stream = scoreFiles(inputs, { ...options, onReject, onError: 'skip' })
      stream.on('input', (_, source) => found.push(source))
      await stream.resume().toArray()
      return found
    }
    const streams = (count: number) => Array.from({ length: count }, () => Readable.from([bad]))
    const good = 'y,logit_a,logit_b\na,2,1\na,2,1\nb,2,1\n'
    expect(await sources(streams(2), {})).toEqual(['stream 1', 'stream 1', 'stream 2', 'stream 2'])
    expect(await sources(streams(1), {})).toEqual([undefined, undefined])
    expect(await sources(streams(2), { source: 's3' })).toEqual(['s3', 's3', 's3', 's3'])
    expect(await sources(streams(2), { source: ['may', 'june'] })).toEqual(['may', 'may', 'june', 'june'])
    expect(() => scoreFiles(streams(2), { source: ['may'] })).toThrow('one for each stream (2 here)')
    for (const run of [evaluate, calibrate]) {
      const inputs = [Readable.from([good]), Readable.from(['y,logit_a,logit_b\na,x,1\n'])]
      await expect(run(inputs, { truth: 'y' })).rejects.toThrow('stream 2:2: column logit_a')
    }
    for (const run of [evaluate, calibrate, report]) {
      const inputs = [
        join(folder({ 'in.csv': good }), 'in.csv'),
        Readable.from([good]),
        Readable.from(['y,logit_a,logit_b\na,x,1\n']),
      ]
      await expect(run(inputs, { truth: 'y', source: ['may', 'june'] })).rejects.toThrow('june:2: column logit_a')
    }
    await expect(evaluate(streams(1), { truth: 'y', source: ['may', 'june'] })).rejects.toMatchObject({
      code: 'E_OPTION',
    })
  })

  it.each([scoreFiles, evaluate, calibrate, report])('may fail while it waits for its turn in %o', async (run) => {
    const first = new PassThrough()
    const second = new PassThrough()
    const ended = (async () => {
      const result = run([first, second], { truth: 'y' })
      return result instanceof Readable ? result.toArray() : result
    })()
    second.destroy(new Error('gone'))
    await wait(20)
    first.end('y,logit_a,logit_b\na,2,1\n')
    await expect(ended).rejects.toMatchObject({ code: 'E_INPUT', info: { reason: 'gone' } })
  })

  it.each([scoreFiles, evaluate, calibrate, report])('is closed if %o does not reach it', async (run) => {
    const last = new PassThrough()
    const ended = (async () => {
      const result = run(['missing.csv', last], { truth: 'y' })
      return result instanceof Readable ? result.toArray() : result
    })()
    await expect(ended).rejects.toMatchObject({ code: 'E_INPUT' })
    expect(last.destroyed).toBe(true)
  })
})

describe('an input that fails midway', () => {
  const chunks = [HEADER, '7,2,1\n', '7,2']

  it('is reported with the bytes that were read', async () => {
    const failure = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    const error = await scoreFiles([failing(failure, chunks)], { source: 'in.csv' })
      .toArray()
      .catch((error) => error)
    expect(error).toMatchObject({
      code: 'E_INPUT',
      cause: failure,
      info: { source: 'in.csv', byte: chunks.join('').length, reason: 'i/o error (EIO)' },
    })
  })

  it('is reported with those too that were read ahead', async () => {
    const source = new Readable({ read() {} })
    source.push(LARGE)
    const stream = scoreFiles([source])
    await new Promise((resolve) => stream.once('readable', resolve))
    for (const chunk of ['1', '22', '333']) source.push(chunk)
    source.destroy(new Error('gone'))
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'E_INPUT', info: { byte: LARGE.length + 6 } })
  })

  it('is the error of a pipeline', async () => {
    const failure = new Error('gone')
    const ended = pipeline(failing(failure, chunks), score(), new Writable({ write: (_, __, done) => done() }))
    await expect(ended).rejects.toBe(failure)
  })
})

describe('an output that fails', () => {
  it('is the error of a pipeline, be it of bytes or of files', async () => {
    const cwd = folder({ 'in.csv': LARGE })
    await expect(pipeline(Readable.from([Buffer.from(LARGE)]), score(), takeNone())).rejects.toThrow('no room')
    await expect(pipeline(scoreFiles([join(cwd, 'in.csv')]), takeNone())).rejects.toThrow('no room')
  })
})

/** Ways in which a run ends before its input does. */
const ENDS: Record<string, (stream: FilesStream, controller: AbortController) => Promise<unknown>> = {
  'a break': async (stream) => {
    for await (const _ of stream) break
  },
  'an abort': async (stream, controller) => {
    const run = async () => {
      for await (const _ of stream) controller.abort()
    }
    await expect(run()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  },
  'an abort before': async (stream, controller) => {
    controller.abort()
    await expect(stream.toArray()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  },
  destroy: async (stream) => {
    await new Promise((resolve) => stream.once('data', resolve))
    stream.destroy()
  },
  'a consumer that fails': (stream) => expect(pipeline(stream, takeNone())).rejects.toThrow('no room'),
}

describe('no handle is left', () => {
  it.each(Object.entries(ENDS))('after %s', async (_, end) => {
    const cwd = folder({ 'in.csv': LARGE })
    const path = join(cwd, 'in.csv')
    const controller = new AbortController()
    await end(scoreFiles([path, path], { signal: controller.signal }), controller)
    const isOpen = () => openFiles().includes(path)
    for (let tries = 0; isOpen() && tries < 200; tries++) await wait(10)
    expect(isOpen()).toBe(false)
  })
})
