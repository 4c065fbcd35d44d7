/** Kept cells that are written in another order than that of the input. */
import { copy } from './pipeline'
import { Job, Text } from './structs'

/** Remembers where a kept cell of a row begins, given the address of its prefix. */
// @ts-ignore: decorator
@inline
export function noteStart(at: usize, lead: usize, job: Job): void {
  if (job.keptOrder) store<u32>(startOf(lead, job), <u32>at)
}

/** Copies the kept cells of a row in the order of the output to `end`, where the last one ends; returns the new end. */
export function reorder(end: usize, job: Job): usize {
  const count = <usize>job.keptCount
  store<u32>(<usize>job.keptStarts + (count << 2), <u32>end)
  let out = end
  for (let nth: usize = 0; nth < count; nth++) {
    const starts = <usize>job.keptStarts + (<usize>load<u32>(<usize>job.keptOrder + (nth << 2)) << 2)
    const start = load<u32>(starts)
    out = copy(start, load<u32>(starts, 4) - start, out)
  }
  return out
}

// @ts-ignore: decorator
@inline
function startOf(lead: usize, job: Job): usize {
  return <usize>job.keptStarts + ((lead - <usize>job.keptLeads) / offsetof<Text>() << 2)
}
