/** The examples in `fixtures/examples`: each script turns its input into the expected output. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { exampleCopy, ROOT } from './support.js'

const PARQUET = new URL('../fixtures/digits.parquet', import.meta.url)

const read = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')

describe('the example', () => {
  it.each([
    ['text-classifier', 'csv'],
    ['token-classifier', 'ndjson'],
    ['image-model', 'csv'],
    ['node-service', 'ndjson'],
  ])('%s makes what is expected', (name, extension) => {
    const place = exampleCopy(name)
    const { status, stderr } = spawnSync('bash', ['run.sh'], { ...place, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(read(place.cwd, `scored.${extension}`)).toBe(read(place.cwd, `expected.${extension}`))
  })
})

describe('the example node-service', () => {
  /** The folder of the service, which finds the package by its own name. */
  const cwd = join(ROOT, 'fixtures/examples/node-service')
  const services = new Map<string, ReturnType<typeof start>>()
  afterAll(async () => {
    for (const { server } of await Promise.all(services.values())) server.kill()
  })

  /** Starts the service. Returns its process, and a request function. */
  async function start(more: NodeJS.ProcessEnv) {
    const env = { ...process.env, ...more }
    const server = spawn(process.execPath, ['server.mjs'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(server.stdout, 'data')
    const post = (path = '/score', agent?: Agent) => request(`${String(line).trim()}${path}`, { method: 'POST', agent })
    return { server, post }
  }

  /** The service with an environment, which is shared by tests, as it is by clients. */
  function started(more: NodeJS.ProcessEnv = {}) {
    const key = JSON.stringify(more)
    const service = services.get(key) ?? start(more)
    services.set(key, service)
    return service
  }

  /** Sends a body; returns the complete response. */
  async function answered(post: () => ReturnType<typeof request>, body: string | Buffer) {
    const sent = post().end(body)
    const [response] = await once(sent, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, text }
  }

  it('answers with scores', async () => {
    const { post } = await started()
    const scores = { status: 200, text: read(cwd, 'expected.ndjson') }
    expect(await answered(post, read(cwd, 'request.csv'))).toEqual(scores)
    expect((await answered(() => post('/'), '')).status).toBe(404)
  })

  it('answers a body that cannot be scored with the error', async () => {
    const { post } = await started()
    const { status, text } = await answered(post, 'id,cat,dog\n1,2,1\n')
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { code: 'E_COLUMNS', message: expect.stringContaining('body: ') },
    ])
  })

  it.each([
    [422, 'E_CELL', 'logit_a,logit_b\nx,1\n'],
    [422, 'E_WIDTH', 'logit_a,logit_b\n1\n'],
    [400, 'E_COLUMNS', 'id,cat,dog\n1,2,1\n'],
    [413, 'E_ROW_TOO_LONG', `id,logit_a,logit_b\n${'x'.repeat(2 << 20)},1,2\n`],
    [413, 'E_TOO_LARGE', `logit_a,logit_b\n${'1,2\n'.repeat(1000)}`],
  ] as const)('answers with the status %i where the error is %s', async (status, code, body) => {
    const { post } = await started({ MOST_BYTES: code === 'E_TOO_LARGE' ? '3000' : String(3 << 20) })
    const { status: got, text } = await answered(post, body)
    expect([got, JSON.parse(text).code]).toEqual([status, code])
  })

  it.each([
    [422, () => `logit_a,logit_b\nx,1\n${'1,2\n'.repeat(300_000)}`],
    [415, () => Buffer.concat([readFileSync(PARQUET), Buffer.alloc(1 << 20)])],
  ] as const)('answers the next request on a connection whose body it refused with %i', async (refused, body) => {
    const { post } = await started()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (let times = 0; times < 3; times++) {
      expect((await answered(() => post('/score', agent), body())).status).toBe(refused)
      const scores = { status: 200, text: read(cwd, 'expected.ndjson') }
      expect(await answered(() => post('/score', agent), read(cwd, 'request.csv'))).toEqual(scores)
    }
  })

  it('answers the next request on a connection whose body it refused before all of it was sent', async () => {
    const { post } = await started()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const sent = post('/score', agent)
    sent.write('logit_a,logit_b\n1,2\nx,1\n')
    const [response] = await once(sent, 'response')
    expect(response.statusCode).toBe(422)
    response.resume()
    sent.write('1,2\n'.repeat(100_000))
    await wait(1)
    sent.end('1,2\n'.repeat(100_000))
    const scores = { status: 200, text: read(cwd, 'expected.ndjson') }
    expect(await answered(() => post('/score', agent), read(cwd, 'request.csv'))).toEqual(scores)
  })

  it('answers with the position of a bad row behind good ones, before it sends the first of these', async () => {
    const { post } = await started()
    const { status, text } = await answered(post, `logit_a,logit_b\n${'1,2\n'.repeat(500)}x,1\n`)
    expect([status, JSON.parse(text)]).toMatchObject([
      422,
      { code: 'E_CELL', message: expect.stringContaining('body:502: ') },
    ])
  })

  /** 64 MiB of rows in members of 1 MiB. */
  const bomb = () => {
    const member = gzipSync('1,2\n'.repeat(1 << 18))
    return Buffer.concat([gzipSync('logit_a,logit_b\n'), ...Array(64).fill(member)])
  }

  it.each([
    ['E_UNSUPPORTED', () => bomb()],
    ['E_UNSUPPORTED', () => readFileSync(PARQUET)],
  ])('refuses a body whose bytes do not bound what it becomes: %s', async (code, body) => {
    const { server, post } = await started({ MOST_BYTES: String(1 << 20) })
    const { status, text } = await answered(post, body())
    expect([status, JSON.parse(text).code]).toEqual([415, code])
    const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))!
    expect(Number(kilobytes) / 1024).toBeLessThan(200)
  })

  it('reads no more than it may of a body whose length is not known', async () => {
    const { post } = await started({ MOST_BYTES: '100000' })
    const sent = post()
    sent.on('error', () => {})
    const block = `${'x'.repeat(99)}\n`.repeat(1000)
    for (let blocks = 0; blocks < 3; blocks++) sent.write(block)
    const [response] = await once(sent, 'response')
    expect(response.statusCode).toBe(413)
    response.resume()
  })

  it('scores no more of a body whose client has left, and answers the next', async () => {
    const { server, post } = await started()
    const sent = post()
    sent.on('error', () => {})
    sent.write(`logit_a,logit_b\n${'1,2\n'.repeat(250_000)}`)
    const [response] = await once(sent, 'response')
    response.on('error', () => {})
    sent.destroy()
    const scores = { status: 200, text: read(cwd, 'expected.ndjson') }
    expect(await answered(post, read(cwd, 'request.csv'))).toEqual(scores)
    expect(server.exitCode).toBeNull()
  })

  it('has one thread', async () => {
    const { server, post } = await started()
    const threads = () => readdirSync(`/proc/${server.pid}/task`).length
    expect((await answered(post, 'logit_a,logit_b\n1,2\n')).status).toBe(200)
    const before = threads()
    const { status } = await answered(post, `logit_a,logit_b\n${'1,2\n'.repeat(500_000)}`)
    expect([status, threads()]).toEqual([200, before])
  })

  it('breaks off a response where a row is bad behind rows that were sent', async () => {
    const { post } = await started()
    const body = `logit_a,logit_b\n${'1,2\n'.repeat(500_000)}x,1\n`
    await expect(answered(post, body)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('reads no more of a body than the client reads of its scores', async () => {
    // Of its own, as its memory is measured.
    const { server, post } = await started({ MOST_BYTES: String(2 ** 31) })
    const block = '1,2\n'.repeat(250_000)
    const sent = post()
    sent.write('logit_a,logit_b\n')
    let blocks = 0
    const total = 16
    const writing = (async () => {
      for (; blocks < total; blocks++) if (!sent.write(block)) await once(sent, 'drain')
      sent.end()
    })()
    const [response] = await once(sent, 'response')
    // The response is not read: the service must pause, with most of the body still unsent.
    let before = -1
    while (before !== blocks) {
      before = blocks
      await wait(250)
    }
    expect(blocks).toBeLessThan(total / 2)
    const [, kilobytes] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))!
    expect(Number(kilobytes) / 1024).toBeLessThan(300)
    let lines = 0
    for await (const chunk of response) lines += String(chunk).split('\n').length - 1
    await writing
    expect(lines).toBe(250_000 * total)
  })
})
