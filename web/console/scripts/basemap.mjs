// Writes the offline base map: one PMTiles file (version 3) of vector tiles, for
// use without any network.
//
//   node scripts/basemap.mjs [dist]      →  <dist>/basemap.pmtiles, zoom 0 to 12
//
// Layers: land (world), water (lakes), river, road {class, ref}, rail, county {code, name,
// home}, county_line {home}, label {name, class: city|county, home}. Roads, rails,
// rivers and lakes carry sketch: true, because they were placed by hand.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { GeoJSONVT } from '@maplibre/geojson-vt'
import { fromGeojsonVt } from '@maplibre/vt-pbf'
import { feature, mesh } from 'topojson-client'
import { city, counties } from './boundaries.mjs'
import { toWGS84 } from './gcj02.mjs'
import { pmtiles } from './pmtiles.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const maxZoom = 12
const worldZoom = 5

const collection = (features) => ({ type: 'FeatureCollection', features })
const make = (type, coordinates, properties = {}) => ({ type: 'Feature', properties, geometry: { type, coordinates } })
const convert = (c) => (typeof c[0] === 'number' ? toWGS84(c) : c.map(convert))

function layers() {
  const { topology, features } = counties()
  const isHome = (f) => f.properties.parent === city.home.code
  const require = createRequire(import.meta.url)
  const world = JSON.parse(readFileSync(require.resolve('world-atlas/land-50m.json'), 'utf8'))
  const border = (filter) => convert(mesh(topology, topology.objects.counties, filter).coordinates)
  const sketch = (kind) => city.sketch[kind].map(({ line, ...rest }) => make('LineString', line, { ...rest, sketch: true }))
  return {
    land: feature(world, world.objects.land),
    county: collection(features.map((f) => make(f.geometry.type, convert(f.geometry.coordinates), { code: f.properties.code, name: f.properties.name, home: isHome(f) }))),
    water: collection(city.sketch.lake.map(({ name, ring }) => make('Polygon', [ring], { name, sketch: true }))),
    river: collection(sketch('river')),
    rail: collection(sketch('rail')),
    road: collection(sketch('road')),
    county_line: collection([
      make('MultiLineString', border((a, b) => !isHome(a) && !isHome(b)), { home: false, outer: false }),
      make('MultiLineString', border((a, b) => isHome(a) && isHome(b) && a !== b), { home: true, outer: false }),
      make('MultiLineString', border((a, b) => isHome(a) !== isHome(b) || (a === b && isHome(a))), { home: true, outer: true }),
    ]),
    label: collection([
      make('Point', middle(features.filter(isHome)), { name: city.home.name, class: 'city', home: true }),
      ...city.neighbours.map((n) => make('Point', n.seat, { name: n.name, class: 'city', home: false })),
      ...features.map((f) => make('Point', toWGS84(f.properties.cp), { name: f.properties.name, class: 'county', home: isHome(f) })),
    ]),
  }
}

const points = (c) => (typeof c[0] === 'number' ? [c] : c.flatMap(points))

/** west, south, east, north in WGS-84 */
function boundOf(features) {
  const all = features.flatMap((f) => points(convert(f.geometry.coordinates)))
  const x = all.map((p) => p[0])
  const y = all.map((p) => p[1])
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)]
}

function middle(features) {
  const [w, s, e, n] = boundOf(features)
  return [(w + e) / 2, (s + n) / 2]
}

/** The tiles of a zoom level that touch the bound. */
function* cover([w, s, e, n], z) {
  const size = 2 ** z
  const col = (lon) => Math.min(size - 1, Math.max(0, Math.floor(((lon + 180) / 360) * size)))
  const row = (lat) => {
    const r = (lat * Math.PI) / 180
    return Math.min(size - 1, Math.max(0, Math.floor(((1 - Math.asinh(Math.tan(r)) / Math.PI) / 2) * size)))
  }
  for (let x = col(w); x <= col(e); x++) for (let y = row(n); y <= row(s); y++) yield [x, y]
}

const out = resolve(process.argv[2] ?? join(here, '..', 'dist'))
const data = layers()
const index = Object.entries(data).map(([name, source]) => [
  name,
  // A high indexMaxPoints keeps the index from cutting the whole world down to the
  // last zoom level at once, which takes gigabytes.
  new GeoJSONVT(source, { maxZoom, indexMaxZoom: worldZoom, indexMaxPoints: 1e7, tolerance: 3, extent: 4096, buffer: 64 }),
])
const { features } = counties()
const home = boundOf(features.filter((f) => f.properties.parent === city.home.code))
const region = boundOf(features)
const pad = ([w, s, e, n], by) => [w - by, s - by, e + by, n + by]

const tiles = []
for (let z = 0; z <= maxZoom; z++) {
  const bound = z <= worldZoom ? [-180, -85, 180, 85] : z <= 9 ? pad(region, 1) : pad(home, 0.35)
  for (const [x, y] of cover(bound, z)) {
    const parts = {}
    for (const [name, vt] of index) {
      const tile = vt.getTile(z, x, y)
      if (tile && tile.features.length) parts[name] = tile
    }
    if (Object.keys(parts).length) tiles.push({ z, x, y, bytes: gzipSync(fromGeojsonVt(parts, { version: 2 }), { level: 9 }) })
  }
}
const file = pmtiles(tiles, {
  bound: [-180, -85, 180, 85],
  center: [...middle(features.filter((f) => f.properties.parent === city.home.code)), 9],
  metadata: {
    name: 'Liandong base map',
    attribution: `Natural Earth, ${city.source}; 道路等为示意 sketched roads`,
    vector_layers: Object.keys(data).map((id) => ({ id, fields: {} })),
  },
})
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'basemap.pmtiles'), file)
console.log(`basemap.pmtiles: ${tiles.length} tiles, ${file.length} bytes`)
