/** Optional dependencies: packages that only some formats need, loaded on demand. */
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SoftmaxError } from '../core/errors.js'

/**
 * The error for a failed `import()`: E_DEPENDENCY with the install command if a package is missing. Packages are
 * resolved from this one and not from the working directory, because a directory with untrusted data must not supply
 * code. Callers need the `import()` in a `try`: otherwise bundlers fail if the package is not installed.
 */
export function missingDependency(format: string, packages: string, cause: unknown): unknown {
  if (!NOT_FOUND.has((cause as NodeJS.ErrnoException).code)) return cause
  return new SoftmaxError('E_DEPENDENCY', { format, packages, command: installCommand(packages) }, { cause })
}

/** For ES modules, and for CommonJS, which a bundle may be. */
const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])

/** The command that installs packages where this one can resolve them: into a project, globally, or for npx. */
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

/** Whether npm, run in a folder, would install into a project. */
function isWithin(folder: string, project: string): boolean {
  return folder === project || folder.startsWith(join(project, sep))
}
