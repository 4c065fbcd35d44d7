/** Packages that a format needs and that not every user has: optional peers, loaded when they are needed. */
import { SoftmaxError } from '../core/errors.js'

/** Loads packages by importing them. Throws E_PEER where one is not there. */
export async function optionalDependency<T>(format: string, packages: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SoftmaxError('E_PEER', { format, packages }, { cause })
  }
}
