/** The examples of `fixtures/examples`: each script makes of its input what is expected. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exampleCopy } from './support.js'

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
  /** Starts the service. Gives its folder, its process, and a request to it. */
  async function started() {
    const { cwd, env } = exampleCopy('node-service')
    const server = spawn(process.execPath, ['server.mjs'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void server.kill())
    const [line] = await once(server.stdout, 'data')
    const post = (path = '/score') => request(`${String(line).trim()}${path}`, { method: 'POST' })
    return { cwd, server, post }
  }

  /** Sends a body, and gives the whole response. */
  async function answered(post: () => ReturnType<typeof request>, body: string) {
    const sent = post().end(body)
    const [response] = await once(sent, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, text }
  }

  it('answers with scores', async () => {
    const { cwd, post } = await started()
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

  it('breaks off a response where a row is bad behind rows that were sent', async () => {
    const { post } = await started()
    const body = `logit_a,logit_b\n${'1,2\n'.repeat(500_000)}x,1\n`
    await expect(answered(post, body)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('reads no more of a body than the client reads of its scores', async () => {
    const { server, post } = await started()
    const block = '1,2\n'.repeat(250_000)
    const sent = post()
    sent.write('logit_a,logit_b\n')
    let blocks = 0
    const total = 60
    const writing = (async () => {
      for (; blocks < total; blocks++) if (!sent.write(block)) await once(sent, 'drain')
      sent.end()
    })()
    const [response] = await once(sent, 'response')
    // It is not read: the service comes to a stop, with most of the body on this side.
    let before = -1
    while (before !== blocks) {
      before = blocks
      await wait(500)
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
