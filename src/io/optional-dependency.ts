/** Packages that a format needs and that not every user has: optional peers, loaded when they are needed. */
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SoftmaxError } from '../core/errors.js'

/** What reading Parquet needs: each file the first, and those of some codecs the second, which one sees when it is too late. */
export const PARQUET_PACKAGES = 'hyparquet hyparquet-compressors'

/**
 * Loads packages by importing them. They are looked for beside this one, and not in the working folder: a file that came
 * with data is not run. Throws E_PEER, with the command that installs them there, where one is missing.
 */
export async function optionalDependency<T>(format: string, packages: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SoftmaxError('E_PEER', { format, packages, command: installCommand(packages) }, { cause })
  }
}

/** The command that puts packages where this one finds them: it is a project's, or installed globally, or run by npx. */
function installCommand(packages: string): string {
  const [root = '', inside] = fileURLToPath(import.meta.url).split(join(sep, 'node_modules', 'softmax-stream', sep))
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
