import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

import { folder, installIn, MANIFEST, ROOT } from './support.js'

const SRC = join(ROOT, 'src')

/** The imports of each source file, as paths without extension. */
const IMPORTS = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const lines = readFileSync(join(SRC, path), 'utf8').matchAll(/^(?:import|export|\}).*['"](\.[^'"]+)['"]/gm)
      const targets = Array.from(lines, ([, target]) => resolve(dirname(join(SRC, path)), target!.replace(/\.js$/, '')))
      return [path.replace(/\.ts$/, ''), targets.map((target) => relative(SRC, target))] as const
    }),
)

/** The pairs of files with an import from the first to the second, as `a -> b`. */
const importsWhere = (want: (from: string, to: string) => boolean) =>
  [...IMPORTS].flatMap(([from, all]) => all.filter((to) => want(from, to)).map((to) => `${from} -> ${to}`))

describe('imports in src', () => {
  it('are found, and lead to files', () => {
    expect(IMPORTS.get('pipeline/lanes')).toContain('pipeline/text-job')
    expect(IMPORTS.get('kernel/assembly/index')!.length).toBeGreaterThan(0)
    expect(importsWhere((_, to) => !IMPORTS.has(to))).toEqual([])
  })

  it('never go in a circle', () => {
    const done = new Set<string>()
    const circles: string[][] = []
    const visit = (file: string, path: string[] = []) => {
      if (path.includes(file)) circles.push([...path, file])
      else if (!done.has(file)) {
        for (const below of IMPORTS.get(file)!) visit(below, [...path, file])
        done.add(file)
      }
    }
    for (const file of IMPORTS.keys()) visit(file)
    expect(circles).toEqual([])
  })

  it('of the kernel stay in the kernel; its host sees only the constants that both sides know', () => {
    const inKernel = (file: string) => file.startsWith('kernel/assembly/')
    const across = importsWhere((from, to) => inKernel(from) !== inKernel(to) && to !== 'kernel/constants')
    expect(across).toEqual([])
  })

  it('point down: from the command to the API, the report, the pipeline, the formats, input and output, the core, the kernel', () => {
    const folders = ['cli', 'command', 'index', 'api', 'report', 'pipeline', 'formats', 'io', 'core', 'kernel']
    const level = (file: string) => folders.indexOf(file.split('/')[0]!)
    expect(importsWhere((from, to) => level(to) < level(from))).toEqual([])
  })

  it('of the command are in the command alone', () => {
    const command = (file: string) => file === 'cli' || file.startsWith('command/')
    expect(importsWhere((from, to) => command(to) && !command(from))).toEqual([])
  })
})

/** A Parquet file whose compression needs an optional package. */
const LZ4_PARQUET = readFileSync(join(ROOT, 'fixtures/edges.ndjson'), 'utf8')
  .split('\n')
  .flatMap((line) => (line.includes('in LZ4') ? [Buffer.from(JSON.parse(line).bytes, 'base64')] : []))[0]!

describe('the package', () => {
  const node = (script: string) => execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT })

  it('has the files that package.json speaks of', () => {
    const paths = JSON.stringify([MANIFEST.exports, MANIFEST.bin, MANIFEST.types]).match(/[\w./-]+\.(?:json|js|ts)/g)!
    expect(paths.length).toBeGreaterThan(3)
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('is imported by its name', () => {
    const names = JSON.parse(
      node(`console.log(JSON.stringify(Object.keys(await import('softmax-stream'))))`).toString(),
    )
    expect(names.sort()).toEqual(
      [
        'CODES',
        'OPTIONS',
        'SoftmaxError',
        'calibrate',
        'evaluate',
        'logSigmoid',
        'logSoftmax',
        'read',
        'report',
        'score',
        'scoreFiles',
        'sigmoid',
        'softmax',
        'softmaxMatrix',
        'write',
      ].sort(),
    )
  })

  it.each([
    ['nodenext', ['program.mts', 'program.cts']],
    ['node20', ['program.cts']],
    ['preserve', ['program.ts']],
  ])('is declared without the types of the web, which a program for Node need not have: %s, %j', (module, names) => {
    const options = { target: 'es2022', lib: ['es2022'], types: ['node'], module, strict: true }
    const program = "import { softmax } from 'softmax-stream'\nconst name: string = softmax().read()!.label\n"
    const cwd = folder({
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...options,
          skipLibCheck: false,
          noEmit: true,
          typeRoots: [join(ROOT, 'node_modules/@types')],
        },
      }),
      ...Object.fromEntries(names.map((name) => [name, program])),
    })
    mkdirSync(join(cwd, 'node_modules'))
    symlinkSync(ROOT, join(cwd, 'node_modules/softmax-stream'))
    const { stdout, status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/.bin/tsc')], { cwd })
    expect([String(stdout), status]).toEqual(['', 0])
  })

  it('is nothing but what it exports', () => {
    const code = node(`import('softmax-stream/dist/api/score.js').catch(({ code }) => console.log(code))`).toString()
    expect(code).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  it('can be required by CommonJS where Node can do that', () => {
    const script = `import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      console.log(require.resolve('softmax-stream/package.json'))
      console.log(require('softmax-stream').softmaxMatrix([0, 0], 1, 2).values[0])`
    expect(node(script).toString()).toBe(`${join(ROOT, 'package.json')}\n0.5\n`)
  })

  it('ships what is built, with its licence and README, and nothing else', () => {
    const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      stdio: 'pipe',
    })
    const files: string[] = JSON.parse(listing.toString())[0].files.map(({ path }: { path: string }) => path)
    expect(files).toEqual(
      expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli.js', 'dist/kernel.wasm']),
    )
    expect(files.filter((path) => !path.startsWith('dist/')).sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
    const others = files.filter((path) => !/\.(c?js|d\.ts|wasm)$/.test(path) && path.startsWith('dist/'))
    expect(others.sort()).toEqual([...MANIFEST.man, 'dist/spark/softmax_spark.py'])
  })

  it('runs nothing when it is installed', () => {
    const scripts = ['preinstall', 'install', 'postinstall'].filter((name) => name in MANIFEST.scripts)
    expect(scripts).toEqual([])
  })

  it('is made of three others', () => {
    expect(Object.keys(MANIFEST.dependencies).sort()).toEqual(['csv-parse', 'csv-stringify', 'through2'])
  })

  it('brings at most 13 packages, those of others counted', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    const installed = Object.keys(packages).filter((path) => path !== '' && !packages[path].dev)
    expect(installed).toEqual(expect.arrayContaining(['node_modules/csv-parse', 'node_modules/readable-stream']))
    expect(installed.length).toBeLessThanOrEqual(13)
  })

  it('works beside streams that others made with through2', () => {
    const script = `import through2 from 'through2'
      import { pipeline } from 'node:stream/promises'
      import { softmax } from 'softmax-stream'
      const labels = through2.obj(({ label }, _, done) => done(null, label))
      await pipeline([[2, 1], [1, 2]], through2.obj(), softmax(), labels, async (all) => {
        for await (const label of all) console.log(label)
      })`
    expect(node(script).toString()).toBe('0\n1\n')
  })

  it.each([
    ['globally', 'lib', false, 'npm install -g hyparquet-compressors [E_DEPENDENCY]'],
    ['in the project of the working folder', '.', true, 'npm install hyparquet-compressors [E_DEPENDENCY]'],
    ['in a project elsewhere', 'project', true, 'npm install --prefix ROOT hyparquet-compressors [E_DEPENDENCY]'],
    ['by npx', '_npx/0123', true, 'npx -p softmax-stream -p hyparquet-compressors softmax'],
  ])('says how a peer that is missing is installed, where it is itself %s', (_, root, isProject, says) => {
    const cwd = folder({ 'in.parquet': LZ4_PARQUET })
    const home = installIn(join(cwd, root))
    if (isProject) writeFileSync(join(cwd, root, 'package.json'), '{}')
    const { stderr, status } = spawnSync(process.execPath, [join(home, 'dist', 'cli.js'), 'in.parquet', '-t', 'csv'], {
      cwd,
    })
    const command = says.replace('ROOT', join(cwd, root))
    expect([status, String(stderr)]).toEqual([2, expect.stringContaining(`not installed; run ${command}`)])
  })

  it('writes and reads Parquet without optional packages', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b\n2,1\n' })
    const args = [join(installIn(cwd), MANIFEST.bin.softmax), 'in.csv', '-o', 'out.parquet']
    const planned = spawnSync(process.execPath, [...args, '--dry-run'], { cwd })
    expect([planned.status, String(planned.stderr)]).toEqual([0, ''])
    expect(String(planned.stdout)).toMatch(/\nlane: +fast\nrows:\n{"p_a":0\.73\d*,"p_b":0\.26\d*,"label":"a"}\n$/)
    expect(spawnSync(process.execPath, args, { cwd }).status).toBe(0)
    const back = [args[0]!, 'out.parquet', '--logits', 'p_a,p_b', '--no-keep', '--emit', 'label', '--to', 'ndjson']
    expect(String(spawnSync(process.execPath, back, { cwd }).stdout)).toBe('{"label":"p_a"}\n')
  })

  it('has a lock file that names no registry', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
    const withoutFunding = JSON.stringify(JSON.parse(lock, (key, value) => (key === 'funding' ? undefined : value)))
    expect(lock).not.toContain('"resolved"')
    expect(withoutFunding.match(/https?:[^"]*/g)).toBe(null)
  })

  it('never cuts its output short with process.exit', () => {
    const scripts = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    )
    expect(scripts).toContain('cli.js')
    expect(
      scripts.filter((path) => /process\.(exit|abort)\(/.test(readFileSync(join(ROOT, 'dist', path), 'utf8'))),
    ).toEqual([])
  })
})
