/** Packages that a format needs and that not every user has: optional dependencies, loaded when they are needed. */
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SoftmaxError } from '../core/errors.js'

/** What reading Parquet needs: each file the first, and those of some codecs the second, which one sees when it is too late. */
export const PARQUET_PACKAGES = 'hyparquet hyparquet-compressors'

/**
 * The error of an `import()` that failed: E_DEPENDENCY, with the command that installs the packages, where one is missing. They are
 * looked for beside this one, and not in the working folder: a file that came with data is not run. The `import()` stands in a
 * `try`, as a bundler takes one that it does not find for an error elsewhere.
 */
export function missingDependency(format: string, packages: string, cause: unknown): unknown {
  if (!NOT_FOUND.has((cause as NodeJS.ErrnoException).code)) return cause
  return new SoftmaxError('E_DEPENDENCY', { format, packages, command: installCommand(packages) }, { cause })
}

/** Of modules, and of CommonJS, which a program may be bundled as. */
const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])

/** The command that puts packages where this one finds them: it is a project's, or installed globally, or run by npx. */
function installCommand(packages: string): string {
  const [root = '', inside] = fileURLToPath(import.meta.url ?? 'file:///').split(
    join(sep, 'node_modules', 'softmax-stream', sep),
  )
  if (inside === undefined) return `npm install ${packages}`
  if (root.includes(join(sep, '_npx', sep)))
    return `npx -p softmax-stream -p ${packages.replaceAll(' ', ' -p ')} softmax`
  if (!existsSync(join(root, 'package.json'))) return `npm install -g ${packages}`
  return `npm install ${isWithin(process.cwd(), root) ? '' : `--prefix ${root} `}${packages}`
}

/** Whether npm would install into a project from a folder. */
function isWithin(folder: string, project: string): boolean {
  return folder === project || folder.startsWith(join(project, sep))
}
