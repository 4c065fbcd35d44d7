/** The rows of an output as keys and values, which, unlike objects, keep their order. */
import { parquetReadObjects } from 'hyparquet'

type Entries = [key: string, value: unknown][]

export function entriesOfLines(bytes: Buffer): Entries[] {
  const lines = bytes.toString().trimEnd().split('\n')
  return lines.map((line) => Object.entries(JSON.parse(line)))
}

export async function entriesOfParquet({ buffer, byteOffset, length }: Buffer): Promise<Entries[]> {
  const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer
  return (await parquetReadObjects({ file })).map((row) => Object.entries(row))
}
