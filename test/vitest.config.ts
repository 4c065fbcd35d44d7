import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, which size alone would put last. */
const LONG =
  /\/(arrays|backpressure|columns-by-name|command|delimited|folders|formats|limits|report|tables|workers)\.test/

/** Starts the long files first, so that none runs alone at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default {
  test: {
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Node loads the package, once per worker, as in a user's program; Vite would transform each of its modules.
    server: { deps: { external: [/\/dist\//] } },
    sequence: { sequencer: LongFirst },
  },
}
