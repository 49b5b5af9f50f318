// A writer of PMTiles version 3 archives (https://github.com/protomaps/PMTiles,
// spec version 3): vector tiles, gzip, one root directory.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** The number of a tile along the Hilbert curve, all lower zoom levels first. */
export function tileId(z, x, y) {
  let id = (4 ** z - 1) / 3
  for (let s = 2 ** (z - 1); s >= 1; s /= 2) {
    const rx = x & s ? 1 : 0
    const ry = y & s ? 1 : 0
    id += s * s * ((3 * rx) ^ ry)
    if (ry === 0) {
      if (rx === 1) {
        x = s - 1 - (x & (s - 1))
        y = s - 1 - (y & (s - 1))
      }
      ;[x, y] = [y, x]
    }
    x &= s - 1
    y &= s - 1
  }
  return id
}

function varints(numbers) {
  const bytes = []
  for (let n of numbers) {
    while (n >= 128) {
      bytes.push((n % 128) | 128)
      n = Math.floor(n / 128)
    }
    bytes.push(n)
  }
  return Buffer.from(bytes)
}

/**
 * Packs tiles {z, x, y, bytes (gzip)} into an archive. Equal tiles are kept once.
 * bound is [west, south, east, north], center [lon, lat, zoom].
 */
export function pmtiles(tiles, { bound, center, metadata }) {
  const sorted = tiles.map((t) => ({ ...t, id: tileId(t.z, t.x, t.y) })).sort((a, b) => a.id - b.id)
  const places = new Map()
  const chunks = []
  const entries = []
  let end = 0
  for (const t of sorted) {
    const key = createHash('sha256').update(t.bytes).digest('hex')
    let offset = places.get(key)
    if (offset === undefined) {
      places.set(key, (offset = end))
      chunks.push(t.bytes)
      end += t.bytes.length
    }
    const last = entries.at(-1)
    if (last && last.offset === offset && last.id + last.run === t.id) last.run++
    else entries.push({ id: t.id, offset, length: t.bytes.length, run: 1 })
  }
  const directory = gzipSync(
    varints([
      entries.length,
      ...entries.map((e, i) => e.id - (i ? entries[i - 1].id : 0)),
      ...entries.map((e) => e.run),
      ...entries.map((e) => e.length),
      // 0 says: directly behind the entry before.
      ...entries.map((e, i) => (i && e.offset === entries[i - 1].offset + entries[i - 1].length ? 0 : e.offset + 1)),
    ]),
    { level: 9 },
  )
  if (127 + directory.length > 16384) throw new Error(`the root directory has ${directory.length} bytes; with the header it must fit into 16384`)
  const meta = gzipSync(JSON.stringify(metadata), { level: 9 })
  const header = Buffer.alloc(127)
  header.write('PMTiles', 0, 'latin1')
  header[7] = 3
  const at = (i, n) => header.writeBigUInt64LE(BigInt(n), i)
  const data = 127 + directory.length + meta.length
  ;[127, directory.length, 127 + directory.length, meta.length, data, 0, data, end, sorted.length, entries.length, chunks.length].forEach((n, i) => at(8 + 8 * i, n))
  header[96] = 1 // clustered
  header[97] = 2 // directories: gzip
  header[98] = 2 // tiles: gzip
  header[99] = 1 // vector tiles
  header[100] = Math.min(...sorted.map((t) => t.z))
  header[101] = Math.max(...sorted.map((t) => t.z))
  const e7 = (i, degrees) => header.writeInt32LE(Math.round(degrees * 1e7), i)
  bound.forEach((v, i) => e7(102 + 4 * i, v))
  header[118] = center[2]
  e7(119, center[0])
  e7(123, center[1])
  return Buffer.concat([header, directory, meta, ...chunks])
}
